internal import BridgeBytes
internal import NATSCore
internal import NATSWire
internal import Synchronization

/// The messages of one session that have come and are not handed out. One task takes them; the
/// client's drain may take what that task has left.
final class PullInbox: Sendable {
    enum Event: Sendable {
        case message(NATSMessage)
        /// The connection was lost and there is another: what was asked for is forgotten.
        case reconnected
        /// The deadline has passed.
        case timeout
        /// Nothing more will come.
        case ended
    }

    private struct State {
        var subscription: NATSSubscription
        var messages: [NATSMessage] = []
        var position = 0
        /// Whether the subscription ends, and another must not follow.
        var isEnding = false
        /// Whether nothing more is to be handed out.
        var isClosed = false
    }

    private let client: NATSClient
    private let account: PullAccount
    private let state: Mutex<State>

    init(client: NATSClient, account: PullAccount) throws(NATSError) {
        self.client = client
        self.account = account
        state = Mutex(State(subscription: try Self.subscribe(client)))
        account.opened(self)
        // A drain that began in between has not seen us.
        if isDraining { state.withLock { $0.isClosed = true } }
    }

    deinit {
        if isDraining { giveBack(state.withLock { Self.takeRest(&$0) }) }
        account.loopEnded()
    }

    private var isDraining: Bool { account.isDraining.load(ordering: .sequentiallyConsistent) }

    /// Opens a fresh inbox.
    private static func subscribe(_ client: NATSClient) throws(NATSError) -> NATSSubscription {
        // One token more than the client's own inboxes have, so that its shared subscription
        // for answers does not get these messages as well.
        let pattern: SubjectPattern
        do throws(SubjectError) {
            pattern = try SubjectPattern(client.newInbox().text + ".js")
        } catch {
            throw NATSError(.invalidArgument, stage: .subscribe, detail: error.description)
        }
        return try client.subscribeToAnswers(pattern)
    }

    /// The subject to be given as reply address.
    var subject: Subject {
        Subject(received: state.withLock { $0.subscription.pattern.bytes })
    }

    /// Opens another inbox, so that a late answer is not taken for one to a later question; not
    /// while the client drains.
    func renew() throws(NATSError) {
        guard !isDraining else { return }
        let subscription = try Self.subscribe(client)
        // Whichever of the two is not kept is released, and ends, without the lock.
        let unused = state.withLock { state in
            guard !state.isEnding else { return subscription }
            defer { state.subscription = subscription }
            return state.subscription
        }
        withExtendedLifetime(unused) {}
    }

    /// The next message, or what happened first.
    func next(until deadline: ContinuousClock.Instant?) async throws(NATSError) -> Event {
        while true {
            if let message = takeNow() { return .message(message) }
            let subscription = state.withLock { $0.isClosed ? nil : $0.subscription }
            guard let subscription else { return .ended }
            do throws(NATSError) {
                switch try await subscription.nextDelivery(until: deadline) {
                case nil: return .ended
                case .messages(let batch): keep(batch)
                case .gap(let gap): if gap.cause == .disconnected { return .reconnected }
                }
            } catch  where error.code == .timeout {
                return .timeout
            }
        }
    }

    private func takeNow() -> NATSMessage? {
        state.withLock { state in
            guard state.position < state.messages.count else { return nil }
            let message = state.messages[state.position]
            state.position += 1
            if state.position == state.messages.count { (state.messages, state.position) = ([], 0) }
            return message
        }
    }

    /// A message of a stream behind which another one of them waits; nil when there is none.
    func takeFollowed() -> NATSMessage? {
        state.withLock { state in
            guard state.position + 1 < state.messages.count,
                state.messages[state.position].isDelivery
            else { return nil }
            defer { state.position += 1 }
            return state.messages[state.position]
        }
    }

    private func keep(_ batch: [NATSMessage]) {
        let isLate = state.withLock { state in
            if !state.isClosed { (state.messages, state.position) = (batch, 0) }
            return state.isClosed
        }
        // The drain has looked for them while they were on their way to us.
        if isLate { giveBack(batch) }
    }

    private func giveBack(_ messages: some Sequence<NATSMessage>) {
        for message in messages where message.isDelivery { account.giveBack(message) }
    }

    private static func takeRest(_ state: inout State) -> ArraySlice<NATSMessage> {
        defer { (state.messages, state.position) = ([], 0) }
        return state.messages[state.position...]
    }

    /// Has the server send nothing more; what it had sent can be taken, and then `ended` comes.
    func endInterest(until deadline: ContinuousClock.Instant) async {
        // When the server does not confirm in time, the sequence has its end all the same.
        let subscription = state.withLock { state in
            state.isEnding = true
            return state.subscription
        }
        try? await subscription.drain(timeout: max(.zero, deadline - .now))
    }

    /// Takes out all deliveries that were not handed out, after `endInterest`; none is handed out
    /// any more.
    func close() async -> [NATSMessage] {
        var (rest, subscription) = state.withLock { state in
            state.isClosed = true
            return (Self.takeRest(&state), state.subscription)
        }
        while let batch = try? await subscription.nextBatch(until: .now) { rest += batch }
        return rest.filter(\.isDelivery)
    }
}

extension NATSMessage {
    /// Whether this is a message of a stream, and not what the server says about the pull.
    var isDelivery: Bool {
        // Asked of each message: by `memcmp`, not byte by byte.
        guard let reply = replyTo?.bytes, reply.count > Self.ackPrefix.utf8CodeUnitCount else {
            return false
        }
        return Scan.equal(
            reply.span.extracting(first: Self.ackPrefix.utf8CodeUnitCount), Self.ackPrefix)
    }

    /// What the server counts of it against the byte limit of a pull.
    var pulledSize: Int { addressSize + size }

    private static let ackPrefix: StaticString = "$JS.ACK."
}
