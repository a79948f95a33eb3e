import BridgeHTTP
import TestKit
import Testing

@Suite struct PoolMachineTests {
    @Test("Opens up to the limit, then requests wait in order")
    func limit() {
        var pool = PoolMachine<String>(connectionsPerOrigin: 2)
        #expect(pool.wanted("a", by: 1) == .open(1))
        #expect(pool.wanted("a", by: 2) == .open(2))
        #expect(pool.wanted("a", by: 3) == .wait)
        #expect(pool.wanted("a", by: 4) == .wait)
        #expect(pool.wanted("b", by: 5) == .open(3))
        #expect(pool.released(1) == .grant(3, .reuse(1)))
        #expect(pool.released(2) == .grant(4, .reuse(2)))
        #expect(pool.released(1) == .none)
        #expect(pool.connections(of: "a") == (2, 1))
    }

    @Test("The connection that was used last is used next")
    func lastFirst() {
        var pool = PoolMachine<String>(connectionsPerOrigin: 2)
        #expect(pool.wanted("a", by: 1) == .open(1))
        #expect(pool.wanted("a", by: 2) == .open(2))
        #expect(pool.released(2) == .none)
        #expect(pool.released(1) == .none)
        #expect(pool.wanted("a", by: 3) == .reuse(1))
        #expect(pool.wanted("a", by: 4) == .reuse(2))
    }

    @Test("A connection that is gone makes room, once")
    func closed() {
        var pool = PoolMachine<String>(connectionsPerOrigin: 2)
        #expect(pool.wanted("a", by: 1) == .open(1))
        #expect(pool.wanted("a", by: 2) == .open(2))
        #expect(pool.wanted("a", by: 3) == .wait)
        #expect(pool.closed(1) == .grant(3, .open(3)))
        #expect(pool.closed(1) == .none)
        #expect(pool.released(1) == .close)
        #expect(pool.connections(of: "a") == (2, 0))
        #expect(pool.released(2) == .none)
        #expect(pool.closed(2) == .none)
        #expect(pool.closed(3) == .none)
        #expect(pool.connections(of: "a") == (0, 0))
    }

    @Test("A fresh connection is not an idle one")
    func fresh() {
        var pool = PoolMachine<String>(connectionsPerOrigin: 2)
        #expect(pool.wanted("a", by: 1) == .open(1))
        #expect(pool.released(1) == .none)
        #expect(pool.wanted("a", by: 2, fresh: true) == .open(2))
        #expect(pool.released(2) == .none)
        #expect(pool.wanted("a", by: 3, fresh: true) == .reuse(2))
        #expect(pool.wanted("a", by: 4, fresh: true) == .reuse(1))
        #expect(pool.wanted("a", by: 5, fresh: true) == .wait)
    }

    @Test("Who gives up waiting is not granted")
    func left() {
        var pool = PoolMachine<String>(connectionsPerOrigin: 2)
        #expect(pool.wanted("a", by: 1) == .open(1))
        #expect(pool.wanted("a", by: 2) == .open(2))
        #expect(pool.wanted("a", by: 3) == .wait)
        #expect(pool.waiterLeft(3, "a") == true)
        #expect(pool.waiterLeft(3, "a") == false)
        #expect(pool.released(1) == .none)
    }

    @Test("Whatever happens, the limit holds and nobody is forgotten")
    func random() {
        var pool = PoolMachine<String>(connectionsPerOrigin: 2)
        var generator = SeededGenerator(#function)
        var busy: Set<Int> = []
        var waiting: Set<Int> = []
        for waiter in 0..<5000 {
            var grants: [PoolMachine<String>.Grant] = []
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                let grant = pool.wanted("a", by: waiter, fresh: Bool.random(using: &generator))
                if grant == .wait { waiting.insert(waiter) } else { grants.append(grant) }
            case let kind:
                guard let id = busy.sorted().randomElement(using: &generator) else { continue }
                busy.remove(id)
                let action = kind == 1 ? pool.released(id) : pool.closed(id)
                if case .grant(let waiter, let grant) = action {
                    #expect(waiting.remove(waiter) != nil)
                    grants.append(grant)
                }
            }
            for case .open(let id) in grants { #expect(busy.insert(id).inserted) }
            for case .reuse(let id) in grants { #expect(busy.insert(id).inserted) }
            let (open, idle) = pool.connections(of: "a")
            #expect(open <= 2 && open - idle == busy.count)
            #expect(waiting.isEmpty || !busy.isEmpty)
        }
    }
}
