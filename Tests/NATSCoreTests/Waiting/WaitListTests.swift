import BridgeSockets
import NATSCore
import Synchronization
import TestKit
import Testing

@Suite struct WaitListTests {
    private typealias List = WaitList<Int, String>

    private final class Started: Sendable {
        let count = Atomic(0)
    }

    /// So many waits with the numbers from 1 and these labels; returns once all are registered.
    private static func waits(
        _ list: List, _ labels: [String]
    ) async -> [Task<Int?, Never>] {
        let started = Started()
        let ids = labels.map { _ in list.newID() }
        let tasks = zip(ids, labels).map { id, label in
            Task { () -> Int? in
                let ending = await list.wait(for: id, label: label) { _ in
                    started.count.add(1, ordering: .relaxed)
                }
                guard case .value(let value) = ending else { return nil }
                return value
            }
        }
        while started.count.load(ordering: .relaxed) < labels.count { await Task.yield() }
        return tasks
    }

    @Test func `a wait ends once, with its value`() async {
        let list = List()
        #expect(list.newID() == 1 && list.newID() == 2)
        let ending = await list.wait(for: 1, label: "one") { start in
            #expect(start.isAlone && !list.isEmpty)
            #expect(list.resume(2, 8) == nil)
            #expect(list.resume(1, 7)?.label == "one")
            #expect(list.resume(1, 9) == nil)
        }
        guard case .value(7) = ending else {
            Issue.record("not the value: \(ending)")
            return
        }
        #expect(list.isEmpty)
    }

    @Test func `a deadline ends its own wait and nothing else`() async {
        let list = List()
        let others = await Self.waits(list, ["other"])
        for deadline in [ContinuousClock.now - .seconds(1), .now + .milliseconds(1)] {
            let ending = await list.wait(for: list.newID(), label: "late", until: deadline) {
                #expect(!$0.isAlone)
            }
            guard case .timeout = ending else {
                Issue.record("the deadline had no effect: \(ending)")
                return
            }
        }
        #expect(!list.isEmpty)
        list.resumeAll(1)
        #expect(await others[0].value == 1)
    }

    @Test func `deadlines that are not the earliest come as well`() async {
        let list = List()
        let now = ContinuousClock.now
        let tasks = [3, 1, 2].map { milliseconds in
            Task {
                let time = now + .milliseconds(milliseconds)
                let ending = await list.wait(for: list.newID(), label: "", until: time) { _ in }
                guard case .timeout = ending else { return false }
                return ContinuousClock.now >= time
            }
        }
        for task in tasks { #expect(await task.value) }
        #expect(list.isEmpty)
    }

    @Test func `a task that is cancelled before it waits does not begin`() async {
        let list = List()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await list.wait(for: 1, label: "") { _ in Issue.record("begun") }
        }
        task.cancel()
        guard case .cancelled = await task.value else {
            Issue.record("not cancelled")
            return
        }
        #expect(list.isEmpty && list.resume(1, 1) == nil)
    }

    @Test func `a task that is cancelled waits no longer`() async {
        let list = List()
        let tasks = await Self.waits(list, ["one", "two"])
        tasks[0].cancel()
        #expect(await tasks[0].value == nil)
        #expect(list.resume(1, 5) == nil && list.resume(2, 5)?.label == "two")
        #expect(await tasks[1].value == 5)
    }

    @Test func `all are resumed, or those with a label`() async {
        let list = List()
        let tasks = await Self.waits(list, ["a", "b", "a"])
        list.resume(where: { $0 == "a" }, value: { $0 * 10 })
        #expect(await tasks[0].value == 20)
        #expect(await tasks[2].value == 20)
        list.resume(
            where: { $0 == "a" },
            value: {
                Issue.record("\($0) are left")
                return 0
            })
        list.resumeAll(1)
        #expect(await tasks[1].value == 1)
        #expect(list.isEmpty)
    }

    @Test func `what nobody waits for any more is given back`() async {
        let list = List()
        let tasks = await Self.waits(list, ["a", "b"])
        var claimed: [String] = []
        var unclaimed: [UInt64] = []
        list.resume([(2, 20), (7, 70), (1, 10), (2, 21)]) {
            claimed.append($0.label)
        } unclaimed: { id, _ in
            unclaimed.append(id)
        }
        #expect(claimed == ["b", "a"] && unclaimed == [7, 2])
        #expect(await tasks[0].value == 10)
        #expect(await tasks[1].value == 20)
    }

    @Test func `many waits leave one callback behind, and none with the list`() async {
        let deadlines = Deadlines()
        var list: List? = List(deadlines: deadlines)
        if let list {
            for second in 0..<1000 {
                let time = ContinuousClock.now + .seconds(3600 - second)
                _ = await list.wait(for: list.newID(), label: "", until: time) { _ in
                    list.resumeAll(0)
                }
            }
        }
        #expect(deadlines.count == 1)
        list = nil
        #expect(deadlines.count == 0)
    }
}
