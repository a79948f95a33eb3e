import Foundation
import NATSCore
import NATSWire
import TestKit
import Testing

/// What waits with a deadline leave behind once they have ended: measured in a process of its own,
/// where nothing else takes memory.
@Suite(.needsNATSServer) struct WaitMemoryTests {
    /// The process's own memory, in bytes.
    fileprivate static func residentSize() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(
            separator: " ")
        guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else {
            throw FixtureError("no size in \(fields)")
        }
        return (resident - shared) * Int(getpagesize())
    }

    @Test func `waits that ended at once leave nothing until their deadlines`() async throws {
        try await NATSServerFixture.run { server in
            let url: String = server.url
            await #expect(processExitsWith: .success) { [url = url as String] in
                let client = try await NATSClient.connect(url)
                let subscription = try client.subscribe(to: "a")
                let deadline = ContinuousClock.now + .seconds(3600)
                func wait(_ count: Int) async throws {
                    for _ in 0..<count {
                        try client.publish([1], to: "a")
                        let batch = try await subscription.nextBatch(until: deadline)
                        guard batch?.count == 1 else { exit(2) }
                        _ = try await client.flush(timeout: .seconds(3600))
                    }
                }
                // What is made once, is made.
                try await wait(300)
                let before = try WaitMemoryTests.residentSize()
                try await wait(3_000)
                // At 700 bytes for each of two waits it were 4.2 MB.
                guard try WaitMemoryTests.residentSize() - before < 2 << 20 else { exit(3) }
                await client.close()
            }
        }
    }
}
