import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Foundation
import TestKit
import Testing

/// A shared folder as a store, and links that must not lead out of it.
@Suite struct FolderStoreTests {
    private static func failure(
        _ store: some ClaimStore, _ link: String, checksum: String? = nil
    ) async -> ClaimError? {
        do throws(ClaimError) {
            _ = try await store.download(
                ClaimDownload(url: link, expectedChecksum: checksum, retry: .once))
            return nil
        } catch {
            return error
        }
    }

    private let folder: TemporaryDirectory
    private let store: FolderStore

    init() throws {
        folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: folder.file("shared"), withIntermediateDirectories: true)
        store = try #require(
            try StoreAddress("file://" + folder.file("shared")).store() as? FolderStore)
    }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.file("shared")) }
    }

    @Test func `what is stored comes back, whole and under its name, and is removed`() async throws
    {
        var generator = SeededGenerator(#function)
        let stores = [store, try FolderStore(folder: store.folder, isDurable: true)]
        for (name, size) in [("t.arrows", 0), ("Grüße \"1\"/2?#%.bin", 70_000), ("", 3_000_000)] {
            for store in stores {
                let bytes = Bytes(generator.bytes(size))
                let claim = try await store.upload(
                    ClaimContent(
                        name: name, segments: [bytes[0..<size / 2], bytes[size / 2..<size]]),
                    correlationID: "c")
                #expect(claim.url.hasPrefix("file:///") && claim.size == size)
                #expect(try names == [claim.id])
                try await store.checkLink(claim, policy: nil, correlationID: "c")
                let got = try await stores[1].download(
                    ClaimDownload(
                        url: claim.url, expectedSize: size, expectedChecksum: claim.checksum))
                #expect(got == bytes)
                try await store.delete(link: claim.url, policy: nil, correlationID: "c")
                try await store.delete(claim, correlationID: "c")
                #expect(try names.isEmpty)
                #expect(await Self.failure(store, claim.url)?.code == .payloadNotFound)
            }
        }
    }

    @Test func `no link leads out of the folder`() async throws {
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
        let secret = folder.file("secret")
        try TestFile.write("hush", to: secret)
        let id = String(repeating: "0", count: 32)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("shared/\(id)-link"), withDestinationPath: secret)
        try TestFile.write("hush", to: folder.file("shared/plain"))
        try FileManager.default.createDirectory(
            atPath: folder.file("shared/\(id)-sub"), withIntermediateDirectories: true)
        let base = "file://" + store.folder
        for link in [
            "file://\(secret)", "\(base)/../secret", "\(base)/%2E%2E/secret", "\(base)/\(id)-/../x",
            "\(base)/\(id)-%2F..%2F..%2Fsecret", "\(base)/plain", "\(base)/", base,
            "\(base)x/\(id)-y",
            "file://host\(store.folder)/\(claim.id)", "\(base)//\(claim.id)", "\(base)/\(id)-%00",
            "FILE://" + store.folder + "/" + claim.id, "\(base)/\(claim.id)?x", "\(base)/%ZZ",
            "http://127.0.0.1:1/f/\(id)/x",
        ] {
            #expect(await Self.failure(store, link)?.code == .linkRefused, "\(link)")
        }
        let symbolic = await Self.failure(store, "\(base)/\(id)-link")
        #expect(symbolic != nil && symbolic?.code != .linkRefused)
        #expect(await Self.failure(store, "\(base)/\(id)-sub") != nil)
        #expect(await Self.failure(store, claim.url) == nil)
    }

    @Test func `who has another folder, or a store over HTTP, does not follow its links`()
        async throws
    {
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
        let other = try FolderStore(folder: folder.path)
        #expect(await Self.failure(other, claim.url)?.code == .linkRefused)
        let server = try StoreAddress("http://127.0.0.1:1").store()
        #expect(await Self.failure(server, claim.url)?.code == .linkRefused)
    }

    @Test func `damage, another size and a limit are told`() async throws {
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
        try TestFile.write("abc", to: "\(store.folder)/\(claim.id)")
        #expect(
            await Self.failure(store, claim.url, checksum: claim.checksum)?.code
                == .checksumMismatch)
        #expect(
            await Self.failure(store, claim.url, checksum: "xxh64:1")?.code == .invalidChecksum)
        try TestFile.write("abcd", to: "\(store.folder)/\(claim.id)")
        await #expect {
            _ = try await store.checkLink(claim, policy: nil, correlationID: "c")
        } throws: {
            ($0 as? ClaimError)?.code == .sizeMismatch
        }
        await #expect {
            _ = try await store.download(ClaimDownload(url: claim.url, limit: 3))
        } throws: {
            ($0 as? ClaimError)?.code == .tooLarge
        }
    }

    @Test(arguments: [
        "file://", "file://a/b", "file:///", "file:///a/../b", "file:///a/./b",
        "file:///a//b", "file:///a?x=1", "file:///a#b", "file:///%00", "file:///a/",
    ])
    func `what is no folder is refused`(text: String) {
        do throws(HTTPError) {
            _ = try StoreAddress(text).store()
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidURL)
        }
    }

    @Test func `a pipe or a folder in a payload's place is no payload, and is not waited for`()
        async throws
    {
        for isPipe in [true, false] {
            let claim = try await store.upload(
                ClaimContent(name: "a", segments: [Bytes(utf8: "a")]), correlationID: "c")
            let path = folder.file("shared/\(claim.id)")
            try FileManager.default.removeItem(atPath: path)
            let status = unsafe isPipe ? mkfifo(path, 0o600) : mkdir(path, 0o700)
            #expect(status == 0)
            let error = try await within("a payload that is none") {
                await Self.failure(store, claim.url)
            }
            #expect(error?.code == .systemError, "\(error as Any)")
        }
    }

    @Test func `a folder that is not there is told`() async throws {
        let none = try FolderStore(folder: folder.file("none"))
        await #expect {
            _ = try await none.upload(
                ClaimContent(name: "x", segments: [[1]]), correlationID: "c")
        } throws: {
            ($0 as? ClaimError)?.stage == .upload
        }
    }
}
