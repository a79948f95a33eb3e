import BridgeBytes
import NATSCore
import NATSWire

/// What may happen to a cluster and the lines to it.
extension ClientPair {
    var isConnected: Bool { fed != nil }
    var host: String? { fed.flatMap { wires[$0]?.server.host } }
    var line: Int? { fed.flatMap { wires[$0]?.line } }

    func fault(_ text: String) { faults.append("\(now): \(text)") }

    private func lines(to host: String) -> [Int] {
        network.lines.filter { $0.value.host == host }.keys.sorted()
    }

    /// The connection in use breaks, at any byte of what is on its way.
    func cut() { if let line { network.cut(line) } }

    /// From now on nothing passes on the connection in use, and nobody is told.
    func freeze() { if let line { network.lines[line]?.isFrozen = true } }

    /// Sends the words of the server to the client.
    func say(_ text: String) { if let line { network.send(toClient: line, text) } }

    /// A server is gone, and everything on its lines.
    func stop(_ host: String) {
        down.insert(host)
        for line in lines(to: host) { network.cut(line) }
    }

    /// A server stops and starts at once, with the rules of now.
    func restart(_ host: String) {
        stop(host)
        start(host)
    }

    func start(_ host: String) {
        down.remove(host)
        leaving.remove(host)
    }

    /// A server asks its clients to leave.
    func leave(_ host: String) {
        leaving.insert(host)
        for line in lines(to: host) {
            network.send(toClient: line, PairServer.info(rules, isLameDuck: true))
        }
    }

    /// The cluster's rules change; every server tells its clients.
    func change(_ change: (inout PairServer.Rules) -> Void) {
        change(&rules)
        for line in network.lines.keys.sorted() {
            network.send(toClient: line, PairServer.info(rules))
        }
    }

    /// Everything works again, but for what only time can tell.
    func heal() {
        for host in ["a", "b", "c"] { start(host) }
        refusesCredentials = false
        rules = PairServer.Rules()
    }

    /// Holds everything that was told to what happened; call it when nothing is on its way.
    func judge() {
        for (index, message) in messages.enumerated() {
            let count = taken[message.payload] ?? 0
            switch queue.ledger.outcome(of: UInt64(index + 1)) {
            // Of one that was published without care nobody learns that it was refused.
            case .sent where message.way == .plain && refused[message.payload] != nil: break
            case .sent where count != 1: fault("message \(index + 1) is sent, and nobody has it")
            case .lost where count > 0: fault("message \(index + 1) is lost, and was taken")
            case .denied where count > 0: fault("message \(index + 1) is denied, and was taken")
            case .denied where refused[message.payload] == nil:
                fault("message \(index + 1) is denied, and nobody refused it")
            case nil: fault("nobody knows of message \(index + 1)")
            case .sent, .lost, .denied, .unknown: break
            }
        }
        for (id, seen) in flushes where seen.count != 1 { fault("flush \(id) ended as \(seen)") }
        for (id, seen) in receipts where seen.count != 1 { fault("receipt \(id) ended as \(seen)") }
    }
}
