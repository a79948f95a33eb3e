import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Foundation
import HTTPWire
import Synchronization
import TestKit
import Testing

/// The store on a real nginx with its DAV module.
@Suite(.patient, .enabled(if: DAVServer.path != nil, "no nginx on this machine"))
struct DAVStoreTests {
    private static func run(_ body: (DAVServer) async throws -> Void) async throws {
        let server = try await DAVServer.start()
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func store(_ server: DAVServer, folder: String = "") throws -> DAVStore {
        var retry = RetryPolicy()
        retry.base = .milliseconds(5)
        return try DAVStore(baseURL: HTTPURL(server.url + folder), retry: retry)
    }

    /// An address without `dav+`: the server is used as if it were a file server.
    @Test func `what a plain store has put there is removed with its name`() async throws {
        try await Self.run { server in
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

    @Test func `what is stored comes back, and exactly that is removed`() async throws {
        try await Self.run { server in
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

    @Test func `a folder that is not there, and one that is too small, are told`() async throws {
        try await Self.run { server in
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

    @Test func `answers that are lost do no harm`() async throws {
        try await Self.run { server in
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

/// A real nginx with a folder that it lets anybody write to.
private struct DAVServer: Sendable {
    /// The program, or the one that `NGINX` names; nil when the machine has none.
    static let path: String? = [
        ProcessInfo.processInfo.environment["NGINX"] ?? "", "/usr/sbin/nginx", "/usr/bin/nginx",
    ].first { FileManager.default.isExecutableFile(atPath: $0) }

    let url: String
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    static func start() async throws -> DAVServer {
        let path = try #require(Self.path)
        let folder = try TemporaryDirectory()
        let host = LoopbackAddress.unused()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.file($0));" }.joined(separator: " ")
        try FileManager.default.createDirectory(
            atPath: folder.file("files"), withIntermediateDirectories: true)
        let text = """
            daemon off; master_process off; pid \(folder.file("pid")); error_log stderr notice;
            user root;
            events { worker_connections 64; }
            http { access_log off; \(temporary) client_max_body_size 8m;
              server { listen \(host):8090; root \(folder.file("files"));
                location / { dav_methods PUT DELETE MOVE; dav_access user:rw group:r all:r; }
                location /plain/ { dav_methods PUT DELETE; create_full_put_path on; } } }
            """
        let file = folder.file("nginx.conf")
        try TestFile.write(text, to: file)
        let process = try await ChildProcess(path, ["-p", folder.path, "-c", file])
        // It says so when it listens.
        guard
            try await process.log.first(where: {
                $0.contains("start worker") || $0.contains("epoll")
            }) != nil
        else { throw FixtureError("nginx ended: \(process.log.lines)") }
        return DAVServer(url: "http://\(host):8090", folder: folder, process: process)
    }

    func file(_ name: String) -> String { folder.file("files/" + name) }

    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.file("files"))
    }

    func stop() async { try? await process.stop() }
}
