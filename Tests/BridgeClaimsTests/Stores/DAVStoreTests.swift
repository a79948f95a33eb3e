import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Foundation
import HTTPWire
import Synchronization
import TestKit
import Testing

/// The store on a real nginx with its DAV module, and on Apache.
@Suite(
    .patient, .enabled(if: !DAVServer.Kind.present.isEmpty, "no nginx and no Apache here"))
struct DAVStoreTests {
    private static func store(_ server: DAVServer, folder: String = "") throws -> DAVStore {
        var retry = RetryPolicy()
        retry.base = .milliseconds(5)
        return try DAVStore(baseURL: HTTPURL(server.url + folder), retry: retry)
    }

    @Test(arguments: DAVServer.Kind.present)
    func `who writes shows a user name and a password, who reads none`(kind: DAVServer.Kind)
        async throws
    {
        try await DAVServer.run(kind) { server in
            try FileManager.default.createDirectory(
                atPath: server.file("guarded"), withIntermediateDirectories: true)
            // The server's processes have another user.
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o777], ofItemAtPath: server.file("guarded"))
            var settings = StoreAddress.Settings()
            settings.token = "bob:hush word"
            let address = try StoreAddress("dav+\(server.url)/guarded")
            let store = try address.store(settings)
            let claim = try await store.upload(
                ClaimContent(name: "a", segments: Segments(Bytes([1, 2]))), correlationID: "c")
            let reader = try address.store()
            #expect(
                try await reader.download(
                    ClaimDownload(
                        url: claim.url, expectedSize: 2, expectedChecksum: claim.checksum))
                    == Bytes([1, 2]))
            try await store.delete(claim, correlationID: "c")
            #expect(try server.files() == ["guarded"])
            settings.token = "bob:another"
            for store in [reader, try address.store(settings)] {
                let error = await #expect(throws: ClaimError.self) {
                    try await store.upload(
                        ClaimContent(name: "a", segments: Segments(Bytes([1]))),
                        correlationID: "c")
                }
                #expect(error?.code == .authorizationFailed)
                #expect(error?.description.contains("another") == false)
            }
        }
    }

    /// An address without `dav+`: the server is used as if it were a file server.
    @Test(.enabled(if: DAVServer.path != nil, "no nginx on this machine"))
    func `what a plain store has put there is removed with its name`() async throws {
        try await DAVServer.run { server in
            let store = try #require(
                try StoreAddress("\(server.url)/plain").store() as? FileServerStore)
            let claim = try await store.upload(
                ClaimContent(name: "table.arrows", segments: Segments(Bytes([1, 2]))),
                correlationID: "c")
            let stored = server.file("plain/f/\(claim.id)/table.arrows")
            #expect(FileManager.default.fileExists(atPath: stored))
            try await store.delete(claim, correlationID: "c")
            #expect(!FileManager.default.fileExists(atPath: stored))
        }
    }

    @Test(arguments: DAVServer.Kind.present)
    func `what is stored comes back, and exactly that is removed`(kind: DAVServer.Kind) async throws
    {
        try await DAVServer.run(kind) { server in
            let store = try #require(
                try StoreAddress("dav+\(server.url)/").store() as? DAVStore)
            var generator = SeededGenerator(#function)
            var claims: [Claim] = []
            let names = [
                "table.arrows", "Grüße \"1\"/2?#%.bin", "", String(repeating: "x", count: 400),
            ]
            for (name, size) in zip(names, [0, 1, 70_000, 3_000_000]) {
                let bytes = Bytes(generator.bytes(size))
                let claim = try await store.upload(
                    ClaimContent(name: name, segments: Segments(bytes)), correlationID: "c")
                try await store.checkLink(claim, policy: nil, correlationID: "c")
                let got = try await store.download(
                    ClaimDownload(
                        url: claim.url, expectedSize: size, expectedChecksum: claim.checksum))
                #expect(got == bytes && claim.grantedLife == nil)
                claims.append(claim)
            }
            // No half payload is left, and no folder.
            #expect(try server.files().count == 4)
            #expect(try server.files().allSatisfy { !$0.hasPrefix(".") })
            try await store.delete(claims[0], correlationID: "c")
            try await store.delete(claims[0], correlationID: "c")
            try await store.delete(link: claims[1].url, policy: nil, correlationID: "c")
            #expect(try Set(server.files()) == Set(claims[2...].map(\.id)))
            try Data("keep".utf8).write(to: URL(fileURLWithPath: server.file("other.txt")))
            for link in ["/other.txt", "/", "/x/" + claims[2].id] {
                await #expect {
                    try await store.delete(
                        link: server.url + link, policy: nil, correlationID: "c")
                } throws: {
                    ($0 as? ClaimError)?.code == .refused
                }
            }
            #expect(try server.files().contains("other.txt"))
        }
    }

    @Test(arguments: DAVServer.Kind.present)
    func `a folder that is not there, and one that is too small, are told`(kind: DAVServer.Kind)
        async throws
    {
        try await DAVServer.run(kind) { server in
            let content = ClaimContent(name: "x", segments: [[1, 2, 3]])
            var once = RetryPolicy()
            once.maxAttempts = 1
            let nowhere = try DAVStore(baseURL: HTTPURL(server.url + "/none"), retry: once)
            await #expect {
                _ = try await nowhere.upload(content, correlationID: "c")
            } throws: {
                // nginx says 500 of a folder that is missing, where it may make none.
                [.unavailable, .refused].contains(($0 as? ClaimError)?.code)
            }
            let large = ClaimContent(
                name: "x", segments: [Bytes([UInt8](repeating: 0, count: 9 << 20))])
            let store = try Self.store(server)
            await #expect {
                _ = try await store.upload(large, correlationID: "c")
            } throws: {
                ($0 as? ClaimError)?.code == .tooLarge
            }
            #expect(try server.files().isEmpty)
        }
    }

    @Test(arguments: DAVServer.Kind.present)
    func `answers that are lost do no harm`(kind: DAVServer.Kind) async throws {
        try await DAVServer.run(kind) { server in
            let lost = Mutex<Set<String>>([])
            let target = try HTTPURL(server.url)
            // Passes requests on, and swallows the first answer to each method.
            let proxy = try ScriptedServer { connection, _ in
                while let (head, body) = connection.readRequest() {
                    guard
                        let far = ScriptedConnection(
                            connectingTo: target.port, host: target.host)
                    else { return }
                    far.send(Array(head.utf8) + body)
                    let method = String(head.prefix { $0 != " " })
                    guard let answer = far.readRequest(hasBody: method != "HEAD") else { return }
                    if lost.withLock({ $0.insert(method).inserted }) { return }
                    connection.send(Array(answer.head.utf8) + answer.body)
                }
            }
            var retry = RetryPolicy()
            retry.base = .milliseconds(5)
            let store = try DAVStore(
                baseURL: HTTPURL("http://127.0.0.1:\(proxy.port)"), retry: retry)
            let claim = try await store.upload(
                ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
            #expect(try server.files() == [claim.id])
            #expect(lost.withLock { $0.isSuperset(of: ["PUT", "MOVE", "HEAD"]) })
            try await store.delete(claim, correlationID: "c")
            #expect(try server.files().isEmpty)
        }
    }
}
