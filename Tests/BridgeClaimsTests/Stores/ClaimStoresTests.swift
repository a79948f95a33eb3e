import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Foundation
import Synchronization
import TestKit
import Testing

/// Several stores as one.
@Suite struct ClaimStoresTests {
    private let folder: TemporaryDirectory
    private let images: FolderStore
    private let large: FolderStore

    init() throws {
        folder = try TemporaryDirectory()
        for name in ["images", "large", "other"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(name), withIntermediateDirectories: true)
        }
        images = try FolderStore(folder: folder.file("images"))
        large = try FolderStore(folder: folder.file("large"))
    }

    private func names(_ store: FolderStore) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: store.folder)
    }

    private static func content(_ size: Int, type: String = "application/json") -> ClaimContent {
        ClaimContent(
            name: "x", segments: Segments(Bytes([UInt8](repeating: 7, count: size))),
            contentType: type)
    }

    private static func failure(
        _ body: () async throws(ClaimError) -> Void
    ) async -> ErrorCode? {
        do throws(ClaimError) { try await body() } catch { return error.code }
        return nil
    }

    @Test func `each payload goes where it is meant to, and comes back from there`() async throws {
        let server = try await FileServer.start(
            FileServerOptions(directory: folder.file("served")))
        let files = try FileServerStore(baseURL: try HTTPURL("http://127.0.0.1:\(server.port)"))
        let stores = ClaimStores([
            .type("Image/", in: images), .size(from: 1000, in: large), .all(in: files),
        ])
        let cases = [
            (Self.content(999, type: "image/png"), "file://\(images.folder)/"),
            (Self.content(5000, type: "image/jpeg"), "file://\(images.folder)/"),
            (Self.content(1000), "file://\(large.folder)/"),
            (Self.content(999), "http://127.0.0.1:\(server.port)/"),
        ]
        for (content, start) in cases {
            let claim = try await stores.upload(content, correlationID: "c")
            #expect(claim.url.hasPrefix(start))
            try await stores.checkLink(claim, policy: nil, correlationID: "c")
            let request = ClaimDownload(
                url: claim.url, expectedSize: claim.size, expectedChecksum: claim.checksum,
                retry: .once)
            #expect(try await stores.download(request) == content.segments.joined())
            try await stores.delete(claim, correlationID: "c")
            let code = await Self.failure { () throws(ClaimError) in
                _ = try await stores.download(request)
            }
            #expect(code == .payloadNotFound || code == .payloadExpired)
        }
        #expect(try names(images).isEmpty && names(large).isEmpty && server.stored.files == 0)
        await server.stop()
    }

    @Test func `a function chooses, and what nobody takes is stored nowhere`() async throws {
        let asked = Mutex<[Int]>([])
        let stores = ClaimStores([
            .when(in: images) { content in
                asked.withLock { $0.append(content.size) }
                return content.size == 1
            },
            .size(from: 100, in: large),
        ])
        #expect(
            try await stores.upload(Self.content(1), correlationID: "c").url.contains("images"))
        #expect(
            try await stores.upload(Self.content(100), correlationID: "c").url.contains("large"))
        let code = await Self.failure { () throws(ClaimError) in
            _ = try await stores.upload(Self.content(99), correlationID: "c")
        }
        #expect(code == .refused)
        #expect(asked.withLock { $0 } == [1, 100, 99])
        #expect(try names(images).count == 1 && names(large).count == 1)
        let none = await Self.failure { () throws(ClaimError) in
            _ = try await ClaimStores([]).upload(Self.content(0), correlationID: "c")
        }
        #expect(none == .refused)
    }

    @Test func `links that lead to none of them are refused, and claims of others too`()
        async throws
    {
        let other = try FolderStore(folder: folder.file("other"))
        let foreign = try await other.upload(Self.content(10), correlationID: "c")
        let stores = ClaimStores([.size(from: 100, in: large), .all(in: images)])
        for link in [foreign.url, "http://127.0.0.1:1/x", "nats-object://b/x", ""] {
            let code = await Self.failure { () throws(ClaimError) in
                _ = try await stores.download(ClaimDownload(url: link, retry: .once))
            }
            #expect(code == .linkRefused, "\(link)")
            let deleted = await Self.failure { () throws(ClaimError) in
                try await stores.delete(link: link, policy: nil, correlationID: "c")
            }
            #expect(deleted == .refused || deleted == .linkRefused, "\(link)")
        }
        for id in [foreign.id, "2:\(foreign.id)", "-1:x", ":", ""] {
            var claim = foreign
            claim.id = id
            let code = await Self.failure { () throws(ClaimError) in
                try await stores.delete(claim, correlationID: "c")
            }
            #expect(code == .refused, "\(id)")
        }
        #expect(try names(other).count == 1)
        let nobody = await Self.failure { () throws(ClaimError) in
            _ = try await ClaimStores([]).download(ClaimDownload(url: "http://a/x", retry: .once))
        }
        #expect(nobody == .refused)
    }

    @Test func `the origins of all of them are followed, each fetched as its store says`() throws {
        let first = try FileServerStore(baseURL: try HTTPURL("http://127.0.0.1:4001"))
        let second = try FileServerStore(baseURL: try HTTPURL("http://files.example:4002"))
        let policy = ClaimStores([.size(from: 1, in: first), .all(in: second)]).linkPolicy
        #expect(policy.allowedOrigins.isSuperset(of: first.linkPolicy.allowedOrigins))
        #expect(policy.allowedOrigins.isSuperset(of: second.linkPolicy.allowedOrigins))
        #expect(try policy.check("http://localhost:4001/f/x").host == "127.0.0.1")
        #expect(throws: ClaimError.self) { try policy.check("http://files.example:4003/f/x") }
    }

    @Test func `a payload is announced where its store takes announcements`() async throws {
        let server = try await FileServer.start(
            FileServerOptions(directory: folder.file("served")))
        let files = try FileServerStore(baseURL: try HTTPURL("http://127.0.0.1:\(server.port)"))
        let stores = ClaimStores([.size(from: 100, in: files), .all(in: images)])
        #expect(try await stores.announce(Self.content(99), correlationID: "c") == nil)
        let early = try #require(try await stores.announce(Self.content(100), correlationID: "c"))
        #expect(await early.complete() == nil)
        #expect(server.stored.files == 1)
        try await stores.delete(early.claim, correlationID: "c")
        #expect(server.stored.files == 0)
        await server.stop()
    }
}
