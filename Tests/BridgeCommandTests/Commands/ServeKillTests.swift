import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeJSON
import HTTPWire
import Synchronization
import TestKit
import Testing

/// `serve` that is killed again and again while it takes uploads (failures.md B7).
@Suite(.patient) struct ServeKillTests {
    private static let kills = 8
    private static let senders = 4
    private static let size = 2_000_000

    private final class End: Sendable {
        private let value = Atomic(false)

        var hasCome: Bool { value.load(ordering: .relaxed) }

        func come() { value.store(true, ordering: .relaxed) }
    }

    private static func start(_ folder: String) async throws -> (ChildProcess, port: Int) {
        let executable = try #require(CommandRun.executable)
        let process = try await ChildProcess(
            executable, ["serve", "--directory", folder, "--port", "0", "--json"])
        let line = try await process.log.first { $0.hasPrefix("{") }
        let value = try line.map { try JSONValue(parsing: Bytes(utf8: $0.text)) }
        return (process, try #require(value?["port"]?.intValue))
    }

    private static func content(_ sender: Int, _ number: Int) -> Bytes {
        var generator = SeededGenerator(seed: UInt64(sender * 1000 + number))
        return Bytes(generator.bytes(size))
    }

    /// Uploads one payload after the other until it is told to end.
    private static func send(
        _ sender: Int, to store: FileServerStore, until isOver: @Sendable () -> Bool
    ) async throws -> [Claim] {
        var claims: [Claim] = []
        while !isOver() {
            let content = ClaimContent(
                name: "x", segments: [content(sender, claims.count)])
            claims.append(try await store.upload(content, correlationID: ""))
        }
        return claims
    }

    @Test func `every upload arrives, and what was confirmed stays`() async throws {
        let folder = try TemporaryDirectory()
        let directory = folder.file("store")
        var (process, port) = try await Self.start(directory)
        let proxy = try FaultProxy(to: port)
        var slow = Toxics()
        slow.bytesPerSecond = 20_000_000
        proxy.set(slow, .toServer)
        var retry = RetryPolicy()
        retry.base = .milliseconds(20)
        retry.cap = .milliseconds(200)
        retry.maxAttempts = 1000
        retry.silentAttempts = 1000
        let store = try FileServerStore(
            baseURL: HTTPURL("http://127.0.0.1:\(proxy.port)"), retry: retry)
        let end = End()
        let uploads = Task {
            try await withThrowingTaskGroup(of: (Int, [Claim]).self) { group in
                for sender in 0..<Self.senders {
                    group.addTask {
                        let claims = try await Self.send(sender, to: store) { end.hasCome }
                        return (sender, claims)
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
        }
        for _ in 0..<Self.kills {
            // Something is on its way.
            let isBusy = await Pace.until(.seconds(60)) {
                !TestFile.names(in: directory + "/parts").isEmpty
            }
            #expect(isBusy)
            try await process.kill()
            proxy.end(.reset)
            (process, port) = try await Self.start(directory)
            proxy.retarget(to: port)
        }
        end.come()
        let claims = try await uploads.value
        for (sender, stored) in claims {
            for (number, claim) in stored.enumerated() {
                let id = claim.url.split(separator: "/")[3...].joined(separator: "/")
                let direct = try FileServerStore(
                    baseURL: HTTPURL("http://127.0.0.1:\(port)"))
                let found = try await direct.download(
                    ClaimDownload(url: "http://127.0.0.1:\(port)/f/\(id)"))
                #expect(found == Self.content(sender, number))
            }
        }
        let count = claims.values.reduce(0) { $0 + $1.count }
        #expect(TestFile.names(in: directory + "/objects").count == count)
        #expect(TestFile.names(in: directory + "/parts").isEmpty)
        try await process.stop()
    }
}
