import BridgeHTTP
import TestKit
import Testing

@Suite struct ConnectMachineTests {
    @Test("The first address that answers is used alone")
    func first() {
        var machine = ConnectMachine(count: 3)
        #expect(machine.start() == [.begin(0)])
        #expect(!machine.isOver)
        #expect(machine.opened(0) == [.use(0)])
        #expect(machine.isOver)
        #expect(machine.timerFired(after: 0) == [])
    }

    @Test("An address that fails is followed by the next at once, and its timer is void")
    func failing() {
        var machine = ConnectMachine(count: 3)
        #expect(machine.start() == [.begin(0)])
        #expect(machine.failed(0) == [.begin(1)])
        #expect(machine.timerFired(after: 0) == [])
        #expect(machine.failed(1) == [.begin(2)])
        #expect(machine.opened(2) == [.use(2)])
    }

    @Test("One that is silent is left to itself while the next is tried; the first to open wins")
    func silent() {
        var machine = ConnectMachine(count: 3)
        #expect(machine.start() == [.begin(0)])
        #expect(machine.timerFired(after: 0) == [.begin(1)])
        #expect(machine.timerFired(after: 0) == [])
        #expect(machine.timerFired(after: 1) == [.begin(2)])
        #expect(machine.timerFired(after: 2) == [])
        #expect(machine.opened(1) == [.drop(0), .drop(2), .use(1)])
        // Too late: whoever asks hears that it is not the connection.
        #expect(machine.opened(0) == [])
        #expect(machine.failed(2) == [])
    }

    @Test("All have to fail, and then there is one end")
    func end() {
        var machine = ConnectMachine(count: 2)
        #expect(machine.start() == [.begin(0)])
        #expect(machine.timerFired(after: 0) == [.begin(1)])
        #expect(machine.failed(1) == [])
        #expect(!machine.isOver)
        #expect(machine.failed(0) == [.giveUp])
        #expect(machine.isOver)
        #expect(machine.failed(0) == [])
    }

    @Test("Whatever happens in whatever order, one is used or all have failed")
    func anyOrder() {
        for seed in 0..<500 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let count = Int.random(in: 1...5, using: &generator)
            var machine = ConnectMachine(count: count)
            var running: Set<Int> = []
            var ends = 0
            func act(_ actions: [ConnectMachine.Action]) {
                for action in actions {
                    switch action {
                    case .begin(let number): #expect(running.insert(number).inserted)
                    case .drop(let number): #expect(running.remove(number) != nil)
                    case .use(let number):
                        #expect(running.remove(number) != nil && running.isEmpty)
                        ends += 1
                    case .giveUp:
                        #expect(running.isEmpty)
                        ends += 1
                    }
                }
            }
            act(machine.start())
            while let number = running.randomElement(using: &generator) {
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: act(machine.timerFired(after: number))
                case 1:
                    running.remove(number)
                    act(machine.failed(number))
                default:
                    act(machine.opened(number))
                }
            }
            #expect(ends == 1 && machine.isOver)
        }
    }

    @Test("The families take turns, in the resolver's order, and there is an end")
    func turns() {
        func order(_ addresses: [String]) -> [String] {
            ConnectMachine.byTurns(addresses) { $0.contains(":") }
        }
        #expect(order([]) == [])
        #expect(order(["::1", "::2", "1", "2"]) == ["::1", "1", "::2", "2"])
        #expect(order(["1", "::1", "::2"]) == ["1", "::1", "::2"])
        #expect(order(["1", "2"]) == ["1", "2"])
        let many = order((0..<300).map { "a\($0)" })
        #expect(many == (0..<ConnectMachine.mostAttempts).map { "a\($0)" })
    }
}
