/// Which of a host's addresses are tried when (RFC 8305, in its simple form).
///
/// ## Theory of operation
/// Attempts begin in order, one at a time: the next one when an attempt has failed, or when none
/// has succeeded for a while, so that an address that swallows packets costs that while and not
/// the whole time for connecting. The first that succeeds is used, and the others are dropped.
/// When all have failed, the last failure stands for all.
package struct ConnectMachine: Sendable {
    /// Time between the beginnings of two attempts: 250 ms, as the RFC recommends.
    package static let stagger = Duration.milliseconds(250)

    /// Most addresses that are tried, so that a name with hundreds costs no more.
    package static let mostAttempts = 16

    package enum Action: Equatable, Sendable {
        /// Begin the attempt of this number, and call `timerFired` after `stagger`.
        case begin(Int)
        /// The connection of this attempt is the one.
        case use(Int)
        /// This attempt is of no use: close it.
        case drop(Int)
        /// All attempts have failed.
        case giveUp
    }

    private enum State: Equatable, Sendable { case waiting, running, over }

    private var attempts: [State]
    private var winner: Int?

    /// - Parameter count: Number of addresses, at least one.
    package init(count: Int) {
        precondition(count > 0, "there is an address to connect to")
        attempts = [State](repeating: .waiting, count: count)
    }

    /// Whether there is no more to decide.
    package var isOver: Bool { winner != nil || !attempts.contains { $0 != .over } }

    /// Begins with the first address.
    package mutating func start() -> [Action] { next() }

    /// Nothing has succeeded since the attempt of this number began.
    package mutating func timerFired(after number: Int) -> [Action] {
        // A timer of an attempt that is not the latest has been overtaken by a failure.
        guard winner == nil, attempts.lastIndex(where: { $0 != .waiting }) == number else {
            return []
        }
        return next()
    }

    package mutating func opened(_ number: Int) -> [Action] {
        guard attempts[number] == .running, winner == nil else { return [] }
        winner = number
        let others = attempts.indices.filter { $0 != number && attempts[$0] == .running }
        for other in others { attempts[other] = .over }
        return others.map { .drop($0) } + [.use(number)]
    }

    package mutating func failed(_ number: Int) -> [Action] {
        guard attempts[number] == .running, winner == nil else { return [] }
        attempts[number] = .over
        let more = next()
        if !more.isEmpty { return more }
        return attempts.contains(.running) ? [] : [.giveUp]
    }

    private mutating func next() -> [Action] {
        guard let number = attempts.firstIndex(of: .waiting) else { return [] }
        attempts[number] = .running
        return [.begin(number)]
    }

    /// Addresses in the order of the attempts: the resolver's, but the two families by turns, so
    /// that a family without a way out is left after one attempt; `mostAttempts` of them.
    package static func byTurns<Address>(_ addresses: [Address], isIPv6: (Address) -> Bool)
        -> [Address]
    {
        guard let first = addresses.first else { return [] }
        let leads = isIPv6(first)
        let (leading, others) = (
            addresses.filter { isIPv6($0) == leads }, addresses.filter { isIPv6($0) != leads }
        )
        var result: [Address] = []
        for index in 0..<max(leading.count, others.count) {
            if index < leading.count { result.append(leading[index]) }
            if index < others.count { result.append(others[index]) }
        }
        return Array(result.prefix(mostAttempts))
    }
}
