// Whatever arrives, becomes ready, is taken and takes its time in whatever order: each message is
// handed out once or dropped as a duplicate, the order is kept unless a rule says otherwise, no
// more is prepared at a time than allowed, and while the consumer takes what it can get, nothing
// but too many unready messages ever stops the reading, except in strict order.
import NATSBridge
import TestKit
import Testing

@Suite struct ReceiveOrderPropertyTests {
    private struct Run {
        var limits: ReceiveOrderMachine.Limits
        var machine: ReceiveOrderMachine
        var generator: SeededGenerator
        var now = Duration.zero
        var arrived = 0
        var arrivedUnready = 0
        var readyAt: [Int: Duration] = [:]
        var preparing: [Int] = []
        var handedOut: [Int] = []
        var dropped: Set<Int> = []
        var lastStarted = -1
        var weights: [Int] = []
        /// Unready ones that a rule allows to overtake.
        var late: Set<Int> = []

        init(_ seed: Int) {
            generator = SeededGenerator("receive order \(seed)")
            limits = ReceiveOrderMachine.Limits()
            limits.order =
                ReceiveOptions.Order.allCases.randomElement(using: &generator) ?? .inOrder
            limits.patience = .seconds(.random(in: 0...20, using: &generator))
            limits.parallel = .random(in: 1...4, using: &generator)
            limits.heldMessages = .random(in: 1...8, using: &generator)
            limits.heldBytes = .random(in: 1...200, using: &generator)
            limits.unreadyMessages = .random(in: 1...8, using: &generator)
            limits.unreadyBytes = .random(in: 1...200, using: &generator)
            machine = ReceiveOrderMachine(limits: limits)
        }

        mutating func arrive() {
            guard !machine.isFull, !machine.hasEnded else { return }
            let weight = Int.random(in: 0...60, using: &generator)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                #expect(machine.arrivedUnready(weight: weight) == arrived)
                arrivedUnready += 1
            } else {
                #expect(machine.arrivedReady(weight: weight, now: now) == arrived)
                readyAt[arrived] = now
            }
            weights.append(weight)
            arrived += 1
            look()
        }

        /// Notes which unready ones may be overtaken from now on.
        mutating func look() {
            let held = readyAt.filter { !handedOut.contains($0.key) }
            for id in 0..<arrived where readyAt[id] == nil {
                let behind = held.filter { $0.key > id }
                if behind.count >= limits.heldMessages
                    || behind.reduce(0, { $0 + weights[$1.key] }) >= limits.heldBytes
                    || behind.contains(where: { $0.value + limits.patience <= now })
                {
                    late.insert(id)
                }
            }
        }

        mutating func start() {
            while let id = machine.startNext() {
                #expect(id > lastStarted)
                lastStarted = id
                preparing.append(id)
                machine.admitted(id)
            }
            #expect(preparing.count <= limits.parallel)
        }

        mutating func finishOne() {
            guard let index = preparing.indices.randomElement(using: &generator) else { return }
            let id = preparing.remove(at: index)
            if Int.random(in: 0..<8, using: &generator) == 0 {
                machine.dropped(id)
                dropped.insert(id)
            } else {
                machine.finished(id, now: now)
                readyAt[id] = now
                look()
            }
        }

        /// Takes one; returns false when there is none to take.
        mutating func take() -> Bool {
            let before = machine.counts
            look()
            guard case .handOut(let id) = machine.take(now: now) else {
                if limits.order == .asReady { #expect(before.ready == 0) }
                return false
            }
            #expect(readyAt[id] != nil)
            checkOrder(id)
            handedOut.append(id)
            return true
        }

        /// Whoever overtakes had to.
        private func checkOrder(_ id: Int) {
            let gone = Set(handedOut)
            let passed = (0..<id).filter { !gone.contains($0) && !dropped.contains($0) }
            switch limits.order {
            case .asReady: break
            case .strict: #expect(passed.isEmpty)
            case .inOrder:
                // A ready one is never overtaken, another only where it may be.
                #expect(passed.allSatisfy { readyAt[$0] == nil && late.contains($0) })
            }
        }
    }

    @Test(arguments: 0..<80)
    func `each arrived message is handed out once, by the rules`(_ seed: Int) {
        var run = Run(seed)
        for _ in 0..<200 {
            run.start()
            switch Int.random(in: 0..<10, using: &run.generator) {
            case 0..<4: run.arrive()
            case 4..<6: run.finishOne()
            case 6..<9: _ = run.take()
            default: run.now += .seconds(Int.random(in: 0...6, using: &run.generator))
            }
            let counts = run.machine.counts
            #expect(counts.unready <= run.limits.unreadyMessages)
            #expect(counts.ready <= run.limits.heldMessages + run.limits.unreadyMessages)
        }
        run.machine.ended()
        while !run.machine.isEmpty {
            run.start()
            run.finishOne()
            while run.take() {}
        }
        #expect(run.machine.take(now: run.now) == .end)
        #expect(Set(run.handedOut).union(run.dropped) == Set(0..<run.arrived))
        #expect(run.handedOut.count + run.dropped.count == run.arrived)
        #expect(!run.machine.isFull && run.machine.deadline == nil)
    }

    @Test(arguments: 0..<40)
    func `a consumer that takes what it gets is never held up by a dead link`(_ seed: Int) {
        var run = Run(seed)
        guard run.limits.order != .strict else { return }
        // One that is never ready, and then messages that need nothing.
        run.limits.unreadyMessages = 2
        run.limits.unreadyBytes = 1000
        run.machine = ReceiveOrderMachine(limits: run.limits)
        _ = run.machine.arrivedUnready(weight: 1)
        run.weights = [1]
        run.arrived = 1
        for number in 1...100 {
            #expect(!run.machine.isFull)
            _ = run.machine.arrivedReady(weight: 10, now: .zero)
            run.arrived += 1
            run.weights.append(10)
            run.readyAt[number] = .zero
            while run.take() {}
        }
        #expect(run.handedOut == Array(1...run.handedOut.count))
        #expect(run.handedOut.count == 100)
    }
}
