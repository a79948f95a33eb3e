import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

@Suite struct OSThreadTests {
    /// Has a thread say its identity and its name; returns when it has said them.
    private static func started(_ name: String) async throws -> (thread: String, name: String) {
        let (stream, source) = AsyncStream<(String, String)>.makeStream()
        try OSThread.start(name: name) {
            source.yield((number(), shownName()))
            source.finish()
        }
        var said = stream.makeAsyncIterator()
        return try #require(await said.next())
    }

    /// The system's number of the calling thread, which no other thread gets for a long time.
    private static func number() -> String {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = unsafe readlink("/proc/thread-self", &bytes, bytes.count)
        let text = bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// What the system's tools show of the calling thread.
    private static func shownName() -> String {
        let file = unsafe open("/proc/thread-self/comm", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count - 1)), as: UTF8.self)
    }

    @Test func `a thread that is done does the next thing, under its name`() async throws {
        // It may take a while to lie down; then the next thing needs another one.
        var seen: Set<String> = []
        for round in 0..<10_000 {
            let (thread, name) = try await Self.started("round-\(round)-and-more-of-it")
            #expect(name == String("round-\(round)-and-more-of-it".prefix(15)))
            guard seen.insert(thread).inserted else { return }
        }
        Issue.record("no thread was taken again")
    }

    @Test func `many things begin at once and are all done`() async throws {
        let done = Atomic(0)
        try await within {
            let (stream, source) = AsyncStream<Void>.makeStream()
            for _ in 0..<200 {
                try OSThread.start(name: "one-of-many") {
                    done.add(1, ordering: .relaxed)
                    source.yield()
                }
            }
            var count = 0
            for await _ in stream {
                count += 1
                if count == 200 { break }
            }
        }
        #expect(done.load(ordering: .relaxed) == 200)
    }
}
