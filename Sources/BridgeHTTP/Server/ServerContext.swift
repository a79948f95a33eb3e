internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

/// What all connections of a server share.
final class ServerContext: Sendable {
    let service: any HTTPService
    let wireLimits: HTTPWireLimits
    let pace: ConnectionPace.Limits
    let table: ConnectionTable
    let census: Census
    let traffic: Traffic
    /// What new connections begin TLS with; nil: plain HTTP.
    private let certificates: Mutex<TLSContext?>
    /// Told of each request when it is over; nil when nobody wants to know.
    let log: (@Sendable (AccessRecord) -> Void)?
    /// Whether anybody wants to know of requests that went well.
    let logsSuccesses: Bool

    /// What answers begin with in one second.
    struct Present: Sendable {
        var second = Int.min
        /// The Date of an answer.
        var text = ""
        /// Status line and Date of an answer with 200.
        var opening = Bytes()
    }

    /// Connections that read the body of a large upload with much room at present.
    let largeBuffers = Atomic(0)
    /// Most of those, so that many uploads at a time cost little memory each: 16 MiB in all.
    static let largeBufferLimit = 16

    private let present = Mutex(Present())
    private let handshakes = Mutex(HandshakeAllowance(now: MonotonicClock.now))

    init(
        service: any HTTPService, wireLimits: HTTPWireLimits, pace: ConnectionPace.Limits,
        connections: ConnectionTable.Limits, census: Census = Census(),
        traffic: Traffic = Traffic(), tls: TLSContext? = nil,
        log: (@Sendable (AccessRecord) -> Void)? = nil, logsSuccesses: Bool = true
    ) {
        certificates = Mutex(tls)
        self.census = census
        self.traffic = traffic
        self.service = service
        self.wireLimits = wireLimits
        self.pace = pace
        self.log = log
        self.logsSuccesses = log != nil && logsSuccesses
        table = ConnectionTable(limits: connections)
    }

    /// Longest time for a client's handshake, from the connection on.
    static let handshakeTime: Duration = .seconds(10)

    /// Whether one who comes above the limits gets a handshake, to be told so.
    var grantsHandshake: Bool {
        handshakes.withLock { $0.take(now: MonotonicClock.now) }
    }

    var tls: TLSContext? { certificates.withLock { $0 } }

    /// Has new connections begin with this; those that stand keep theirs.
    func use(_ tls: TLSContext) {
        // What goes is freed behind the lock.
        let old = certificates.withLock { certificates -> TLSContext? in
            defer { certificates = tls }
            return certificates
        }
        _ = consume old
    }

    /// Written out once a second.
    var date: Present {
        let second = Int(WallClock.now.seconds)
        return present.withLock { present in
            guard present.second != second else { return present }
            let text = HTTPDate.string(second)
            present = Present(
                second: second, text: text,
                opening: Bytes(utf8: "HTTP/1.1 200 OK\r\nDate: \(text)\r\n"))
            return present
        }
    }
}

/// Counts what is under way, so that an orderly end can wait for it.
final class Census: Sendable {
    private struct State {
        var count = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }

    /// Returns the count with the newcomer.
    @discardableResult
    func enter() -> Int {
        state.withLock { state in
            state.count += 1
            return state.count
        }
    }

    func leave() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            precondition(state.count > 0, "who leaves has entered")
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Suspends until nothing is under way.
    func whenEmpty() async {
        await withCheckedContinuation { waiter in
            let isEmpty = state.withLock { state -> Bool in
                if state.count > 0 { state.waiters.append(waiter) }
                return state.count == 0
            }
            if isEmpty { waiter.resume() }
        }
    }
}

/// Bytes, connections and answers, counted by all connections.
final class Traffic: Sendable {
    let received = Atomic<Int>(0)
    let sent = Atomic<Int>(0)
    let accepted = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let malformed = Atomic<Int>(0)
    private let successes = Atomic<Int>(0)
    private let redirections = Atomic<Int>(0)
    private let clientErrors = Atomic<Int>(0)
    private let serverErrors = Atomic<Int>(0)

    /// Counts an answer by the first digit of its status.
    func count(status: Int) {
        switch status {
        case ..<300: successes.add(1, ordering: .relaxed)
        case ..<400: redirections.add(1, ordering: .relaxed)
        case ..<500: clientErrors.add(1, ordering: .relaxed)
        default: serverErrors.add(1, ordering: .relaxed)
        }
    }

    /// Answers with statuses from 200, 300, 400 and 500 on.
    var answers: (Int, Int, Int, Int) {
        (
            successes.load(ordering: .relaxed), redirections.load(ordering: .relaxed),
            clientErrors.load(ordering: .relaxed), serverErrors.load(ordering: .relaxed)
        )
    }
}
