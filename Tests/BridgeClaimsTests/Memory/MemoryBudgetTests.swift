import BridgeBytes
import BridgeClaims
import TestKit
import Testing

/// Rows of failures.md: C10.
@Suite struct BudgetMachineTests {
    private func machine(
        _ capacity: Int, _ requests: [Int]
    ) -> (BudgetMachine, [BudgetMachine.Answer]) {
        var machine = BudgetMachine(capacity: capacity)
        let answers = requests.enumerated().map {
            machine.asked($0.element, by: $0.offset, mayWait: true)
        }
        return (machine, answers)
    }

    @Test("What fits is granted; the next waits, and so does whoever comes after it")
    func order() {
        var (machine, answers) = machine(10, [6, 5, 1, 0])
        #expect(answers == [.granted, .queued, .queued, .granted])
        let granted = machine.released(6)
        #expect(granted == [1, 2])
        #expect(machine.reserved == 6 && machine.waiting == 0)
    }

    @Test("More than there is fails at once, and who must not wait does not")
    func refused() {
        var (machine, answers) = machine(10, [11, 10])
        #expect(answers == [.tooLarge, .granted])
        let answer = machine.asked(1, by: 7, mayWait: false)
        #expect(answer == .refused)
        #expect(machine.waiting == 0)
    }

    @Test("Whoever leaves uncovers those behind it, once")
    func leaving() {
        var (machine, _) = machine(10, [6, 9, 4, 3])
        #expect(machine.waiting == 3)
        let granted = machine.left(1)
        #expect(granted == [2])
        let again = machine.left(1)
        #expect(again == nil)
        let last = machine.left(3)
        #expect(last == [])
        #expect(machine.reserved == 10)
    }

    @Test("Growth passes the queue by, and never waits")
    func growth() {
        var (machine, _) = machine(10, [6, 9])
        let growths = [machine.grew(by: 4), machine.grew(by: 1)]
        #expect(growths == [true, false])
        #expect(machine.available == 0)
        let granted = machine.released(10)
        #expect(granted == [1])
    }

    @Test("Whatever happens, the bound holds, everybody is served in order, nothing is lost")
    func anyOrder() {
        var generator = SeededGenerator(#function)
        for _ in 0..<200 {
            var machine = BudgetMachine(capacity: 100)
            var held: [Int: Int] = [:]
            var queue: [(id: Int, bytes: Int)] = []
            func grant(_ ids: [Int]) {
                for id in ids {
                    #expect(queue.first?.id == id)
                    held[id] = queue.removeFirst().bytes
                }
            }
            for id in 0..<60 {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0, 1:
                    let bytes = Int.random(in: 1...120, using: &generator)
                    switch machine.asked(bytes, by: id, mayWait: true) {
                    case .granted: held[id] = bytes
                    case .queued: queue.append((id, bytes))
                    case .tooLarge: #expect(bytes > 100)
                    case .refused: Issue.record("refused")
                    }
                case 2:
                    guard let id = held.keys.sorted().randomElement(using: &generator),
                        let bytes = held.removeValue(forKey: id)
                    else { continue }
                    grant(machine.released(bytes))
                default:
                    guard let place = queue.indices.randomElement(using: &generator) else {
                        continue
                    }
                    let id = queue.remove(at: place).id
                    if let granted = machine.left(id) { grant(granted) }
                }
                #expect(machine.reserved == held.values.reduce(0, +))
                #expect(machine.reserved <= 100 && machine.waiting == queue.count)
                #expect(queue.first.map { $0.bytes > machine.available } ?? true)
            }
        }
    }
}

@Suite(.patient) struct MemoryBudgetTests {
    private var later: ContinuousClock.Instant { .now + .seconds(3600) }

    private func failure(
        _ body: () async throws(ClaimError) -> MemoryReservation
    ) async -> ClaimError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    /// Returns once so many wait.
    private func waiting(_ count: Int, _ budget: MemoryBudget) async {
        while budget.waiting < count { await Task.yield() }
    }

    @Test("Memory comes back when it is released, once, or forgotten")
    func release() async throws {
        let budget = MemoryBudget(bytes: 100)
        let first = try await budget.reserve(60, until: later)
        #expect(budget.available == 40 && budget.reserved == 60 && first.bytes == 60)
        first.release()
        first.release()
        #expect(budget.available == 100 && first.bytes == 0)
        #expect(!first.grow(to: 1))
        _ = try await budget.reserve(100, until: later)
        #expect(budget.available == 100)
    }

    @Test("It grows at once or not at all, up to its limit")
    func growth() async throws {
        let budget = MemoryBudget(bytes: 100)
        let first = try await budget.reserve(10, until: later, limit: 50)
        let second = try await budget.reserve(30, until: later)
        #expect(first.limit == 50 && second.limit == 100)
        #expect(first.grow(to: 50) && !first.grow(to: 51) && first.grow(to: -1))
        #expect(first.bytes == 50)
        #expect(second.grow(by: 20) && !second.grow(by: 1) && second.grow(by: .min))
        #expect(!second.grow(by: .max) && !second.grow(to: .max))
        #expect(second.bytes == 50 && budget.available == 0)
    }

    @Test("Whoever waits is served in order, however small the later ones are")
    func order() async throws {
        let budget = MemoryBudget(bytes: 100)
        let first = try await budget.reserve(60, until: later)
        try await withThrowingTaskGroup(of: MemoryReservation.self) { group in
            for (index, bytes) in [50, 10].enumerated() {
                let later = later
                group.addTask { try await budget.reserve(bytes, until: later) }
                await waiting(index + 1, budget)
            }
            #expect(budget.available == 40)
            first.release()
            var held: [MemoryReservation] = []
            for try await reservation in group { held.append(reservation) }
            #expect(budget.reserved == 60 && budget.waiting == 0)
        }
        #expect(budget.available == 100)
    }

    @Test("The wait ends at its deadline, and then those behind it are served")
    func deadline() async throws {
        let budget = MemoryBudget(bytes: 100)
        let first = try await budget.reserve(60, until: later)
        let soon = ContinuousClock.now + .milliseconds(20)
        let late = Task { try await budget.reserve(50, until: soon, correlationID: "c-1") }
        let small = try await budget.reserve(40, until: later)
        let error = await #expect(throws: ClaimError.self) { try await late.value }
        #expect(error?.code == .memoryExhausted && error?.stage == .memory)
        #expect(error?.correlationID == "c-1" && ContinuousClock.now >= soon)
        #expect(small.bytes == 40 && first.bytes == 60 && budget.waiting == 0)
        let past = await failure { () throws(ClaimError) in
            try await budget.reserve(1, until: .now - .seconds(5))
        }
        #expect(past?.code == .memoryExhausted)
    }

    @Test("A cancelled wait takes nothing")
    func cancelled() async throws {
        let budget = MemoryBudget(bytes: 100)
        let first = try await budget.reserve(60, until: later)
        let task = Task { [later] in try await budget.reserve(50, until: later) }
        await waiting(1, budget)
        task.cancel()
        let error = await #expect(throws: ClaimError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(budget.waiting == 0 && budget.reserved == 60 && first.bytes == 60)
    }

    @Test("Any argument is safe")
    func arguments() async throws {
        for bytes in [0, -1, .min] {
            let none = MemoryBudget(bytes: bytes)
            #expect(none.bytes == 0 && none.available == 0)
            let empty = try await none.reserve(-5, until: later, limit: .min)
            #expect(empty.bytes == 0 && !empty.grow(to: 1))
            let error = await failure { () throws(ClaimError) in
                try await none.reserve(1, until: later)
            }
            #expect(error?.code == .tooLarge)
            #expect(error?.description.contains("  ") == false)
        }
        let endless = MemoryBudget(bytes: .max)
        let all = try await endless.reserve(.max, until: later)
        #expect(!all.grow(by: 1) && all.grow(to: .max))
        let limited = await failure { () throws(ClaimError) in
            try await endless.reserve(11, until: later, limit: 10)
        }
        #expect(limited?.code == .tooLarge)
    }

    @Test("Many tasks that reserve, grow and give up leave the budget as it was")
    func many() async throws {
        let budget = MemoryBudget(bytes: 1000)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<500 {
                group.addTask {
                    let end = ContinuousClock.now + .milliseconds(index % 7)
                    let held = try? await budget.reserve(index % 400, until: end)
                    _ = held?.grow(by: 100)
                    await Task.yield()
                    #expect(budget.reserved <= 1000)
                    if index.isMultiple(of: 2) { held?.release() }
                }
                if index % 50 == 49 { group.cancelAll() }
            }
        }
        #expect(budget.available == 1000 && budget.waiting == 0)
    }
}
