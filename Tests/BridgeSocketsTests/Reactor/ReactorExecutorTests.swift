import BridgeSockets
import Glibc
import Synchronization
import TestKit
import Testing

@Suite struct ReactorExecutorTests {
    private static func thread(of reactor: Reactor) async -> UInt {
        await withTaskExecutorPreference(reactor) { await Self.current() }
    }

    @concurrent private static func current() async -> UInt { UInt(pthread_self()) }

    @Test func `a task that prefers a reactor runs on its thread, also after it waited`()
        async throws
    {
        let reactor = try Reactor(name: "test")
        try await within {
            let first = await Self.thread(of: reactor)
            let others = await withTaskExecutorPreference(reactor) {
                await withTaskGroup(of: UInt.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            await Task.yield()
                            return await Self.current()
                        }
                    }
                    return await group.reduce(into: Set()) { $0.insert($1) }
                }
            }
            #expect(others == [first])
            #expect(await Self.current() != first)
        }
    }

    @Test func `tasks on two reactors pass a token to and fro`() async throws {
        let left = try Reactor(name: "test-left")
        let right = try Reactor(name: "test-right")
        try await within {
            let sum = await withTaskExecutorPreference(left) {
                var sum = 0
                for _ in 0..<1000 {
                    sum += await withTaskExecutorPreference(right) { await Self.one() }
                }
                return sum
            }
            #expect(sum == 1000)
        }
    }

    @concurrent private static func one() async -> Int { 1 }

    @Test func `a task of a reactor that has ended goes on elsewhere`() async throws {
        let reactor = try Reactor(name: "test")
        try await within {
            let task = Task(executorPreference: reactor) {
                let first = await Self.current()
                reactor.stop()
                // Commands keep their order: the loop has ended before the task's next turn.
                await Task.yield()
                return (first, await Self.current())
            }
            let (first, last) = await task.value
            #expect(first != last)
            #expect(await Self.thread(of: reactor) != first)
        }
    }
}
