internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// An upload that was announced: its link may be out before its bytes are here.
///
/// ## Theory of operation
/// ```
/// announced -> arriving -> stored      what is left of it is an object as any other
///     |  ^        |   `--> aborted     refused, or taken back by its sender
///     |  `--------'        cut: its sender may come again, for `patience`
///     `------------------> aborted     nobody came in time, or it was taken back
/// ```
/// Whoever reads waits while it is announced, and follows the file while it arrives: one gate for
/// each reader, which the upload moves on. A reader whose upload is cut or refused is cut as well.
/// Length, tag and digest are what was announced, so that a reader goes on with `Range` at the same
/// bytes when the upload comes again.
final class Arrival: Sendable {
    typealias Waiter = @Sendable (_ file: OpenFile?) -> Void

    private enum Phase {
        case announced
        case arriving(OpenFile)
        case stored, aborted
    }

    private struct State {
        var phase = Phase.announced
        /// Counts the attempts, and the times that one was waited for.
        var turn = 0
        var received = 0
        var gates: [BodyGate] = []
        var waiters: [Waiter] = []
        var room: ObjectUpload?
    }

    let key: ObjectKey
    let metadata: ObjectMetadata
    private let state = Mutex<State>(State())

    init(_ key: ObjectKey, _ metadata: ObjectMetadata) {
        self.key = key
        self.metadata = metadata
    }

    var size: Int { metadata.size }

    /// Whether the same sender has announced the same.
    func isSame(as other: Arrival) -> Bool {
        key == other.key && size == other.size && metadata.name == other.metadata.name
            && ConstantTime.equal(metadata.token, other.metadata.token)
    }

    /// What holds the room for it until its bytes come.
    var room: ObjectUpload? {
        get { state.withLock { $0.room } }
        set { state.withLock { $0.room = newValue } }
    }

    /// Gives the room back. Blocks.
    func giveRoomBack() {
        let room = state.withLock { $0.room.take() }
        _ = room?.discard()
    }

    var received: Int { state.withLock { $0.received } }

    /// Has `waiter` called with the file once bytes come, at once if they do; with nil when they
    /// will not.
    func whenBegun(_ waiter: @escaping Waiter) {
        let (isNow, file) = state.withLock { state -> (Bool, OpenFile?) in
            switch state.phase {
            case .announced:
                state.waiters.append(waiter)
                return (false, nil)
            case .arriving(let file): return (true, file)
            case .stored, .aborted: return (true, nil)
            }
        }
        if isNow { waiter(file) }
    }

    /// A gate for a part of the data, which lies behind the block; nil when bytes no longer come.
    func follow(_ range: Range<Int>) -> BodyGate? {
        state.withLock { state in
            guard case .arriving = state.phase else { return nil }
            // Only what reaches to the end waits for the word that all of it is right.
            let gate = BodyGate(
                reach: ObjectMetadata.blockSize + state.received,
                held: range.upperBound == metadata.size
                    ? min(BodyGate.heldBytes, max(1, metadata.size)) : 0)
            state.gates.append(gate)
            return gate
        }
    }

    enum Beginning: Equatable {
        /// An attempt, and its number.
        case begun(Int)
        case stored, aborted
    }

    /// An attempt brings the bytes, in place of the one before.
    func begin(_ file: OpenFile) -> Beginning {
        typealias Change = (beginning: Beginning, waiters: [Waiter], gates: [BodyGate])
        let change = state.withLock { state -> Change in
            switch state.phase {
            case .stored: return (.stored, [], [])
            case .aborted: return (.aborted, [], [])
            case .announced, .arriving: break
            }
            state.phase = .arriving(file)
            state.turn += 1
            state.received = 0
            defer { (state.waiters, state.gates) = ([], []) }
            return (.begun(state.turn), state.waiters, state.gates)
        }
        for gate in change.gates { gate.decide(isRight: false) }
        for waiter in change.waiters { waiter(file) }
        return change.beginning
    }

    /// So many bytes of the data are in an attempt's file.
    func advance(to count: Int, in turn: Int) {
        let gates = state.withLock { state -> [BodyGate] in
            guard state.turn == turn else { return [] }
            state.received = max(state.received, count)
            return state.gates
        }
        for gate in gates { gate.advance(to: ObjectMetadata.blockSize + count) }
    }

    /// What an attempt has to know of its announcement.
    enum Standing: Equatable { case counts, superseded, aborted }

    func standing(of turn: Int) -> Standing {
        state.withLock { state in
            if case .aborted = state.phase { return .aborted }
            return state.turn == turn ? .counts : .superseded
        }
    }

    /// All of it is stored, by this attempt. Who follows a later one is cut, and finds it stored.
    func stored(in turn: Int) {
        end(.stored, isRight: state.withLock { $0.turn == turn })
    }

    /// It will not come.
    func abort() { end(.aborted, isRight: false) }

    /// The attempt was cut; its sender may come again.
    /// - Returns: The number of the wait; nil where nothing is waited for.
    func cut(in turn: Int) -> Int? {
        let (turn, gates) = state.withLock { state -> (Int?, [BodyGate]) in
            guard case .arriving = state.phase, state.turn == turn else { return (nil, []) }
            state.phase = .announced
            state.turn += 1
            state.received = 0
            defer { state.gates = [] }
            return (state.turn, state.gates)
        }
        for gate in gates { gate.decide(isRight: false) }
        return turn
    }

    /// Whether a wait is still the same.
    func isAwaited(in turn: Int) -> Bool {
        state.withLock { state in
            guard case .announced = state.phase else { return false }
            return state.turn == turn
        }
    }

    private func end(_ phase: Phase, isRight: Bool) {
        let (gates, waiters) = state.withLock { state -> ([BodyGate], [Waiter]) in
            switch state.phase {
            case .stored, .aborted: return ([], [])
            case .announced, .arriving: break
            }
            state.phase = phase
            defer { (state.gates, state.waiters) = ([], []) }
            return (state.gates, state.waiters)
        }
        for gate in gates { gate.decide(isRight: isRight) }
        for waiter in waiters { waiter(nil) }
    }
}

/// What was announced and is not here yet, and what of it will never come.
final class Arrivals: Sendable {
    /// Most announcements at a time.
    static let limit = 1024
    /// Most of one address, so that nobody alone takes the room of all.
    static let limitPerAddress = 256
    /// Most aborted ones that are remembered, so that they are 410 and not 404.
    private static let abortedLimit = 4096

    private struct State {
        var arrivals: [ObjectKey: Arrival] = [:]
        var countsByAddress: [String: Int] = [:]
        var aborted: Set<ObjectKey> = []
        var order = Fifo<ObjectKey>()
    }

    private let state = Mutex<State>(State())
    private let count = Atomic(0)

    /// What was announced under a key.
    subscript(key: ObjectKey) -> Arrival? {
        guard count.load(ordering: .acquiring) > 0 else { return nil }
        return state.withLock { $0.arrivals[key] }
    }

    func isAborted(_ key: ObjectKey) -> Bool { state.withLock { $0.aborted.contains(key) } }

    enum Addition { case added, taken, tooMany }

    func add(_ arrival: Arrival) -> Addition {
        let addition = state.withLock { state -> Addition in
            guard state.arrivals[arrival.key] == nil, !state.aborted.contains(arrival.key) else {
                return .taken
            }
            let address = arrival.metadata.uploader
            let count = state.countsByAddress[address] ?? 0
            guard state.arrivals.count < Self.limit, count < Self.limitPerAddress else {
                return .tooMany
            }
            state.countsByAddress[address] = count + 1
            state.arrivals[arrival.key] = arrival
            return .added
        }
        if addition == .added { count.add(1, ordering: .acquiringAndReleasing) }
        return addition
    }

    /// It is stored, by this attempt.
    func stored(_ arrival: Arrival, in turn: Int) {
        arrival.stored(in: turn)
        remove(arrival, isAborted: false)
    }

    /// It will not come.
    func abort(_ arrival: Arrival) {
        remove(arrival, isAborted: true)
        arrival.abort()
    }

    private func remove(_ arrival: Arrival, isAborted: Bool) {
        let wasThere = state.withLock { state in
            guard state.arrivals[arrival.key] === arrival else { return false }
            state.arrivals[arrival.key] = nil
            let address = arrival.metadata.uploader
            let left = (state.countsByAddress[address] ?? 1) - 1
            state.countsByAddress[address] = left > 0 ? left : nil
            guard isAborted, state.aborted.insert(arrival.key).inserted else { return true }
            state.order.append(arrival.key)
            while state.order.count > Self.abortedLimit, let oldest = state.order.popFirst() {
                state.aborted.remove(oldest)
            }
            return true
        }
        if wasThere { count.subtract(1, ordering: .acquiringAndReleasing) }
    }
}
