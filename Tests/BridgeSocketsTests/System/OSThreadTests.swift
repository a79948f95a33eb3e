import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

@Suite struct OSThreadTests {
    /// Has a thread say what it is; returns when it has said it.
    private static func name(of thread: String) async throws -> (number: Int32, name: String) {
        let (stream, source) = AsyncStream<(Int32, String)>.makeStream()
        try OSThread.start(name: thread) {
            var name = [CChar](repeating: 0, count: 16)
            _ = unsafe pthread_getname_np(pthread_self(), &name, name.count)
            let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            source.yield((gettid(), String(decoding: bytes, as: UTF8.self)))
            source.finish()
        }
        var said = stream.makeAsyncIterator()
        return try #require(await said.next())
    }

    @Test func `a thread that is done does the next thing, under its name`() async throws {
        // It may take a while to lie down; then the next thing needs another one.
        var seen: Set<Int32> = []
        for round in 0..<10_000 {
            let (number, name) = try await Self.name(of: "round-\(round)-and-more-of-it")
            #expect(name == String("round-\(round)-and-more-of-it".prefix(15)))
            guard seen.insert(number).inserted else { return }
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
