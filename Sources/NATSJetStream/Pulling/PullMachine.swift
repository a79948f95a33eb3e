// Theory of operation.
//
// A pull consumer delivers when asked: a pull request says how many messages it wants and how
// long it waits. The machine keeps the account of one series of requests on one inbox. It is
// told what came and what time it is, and answers what to do next; it sends nothing itself.
//
// `pending` is the number of messages that were asked for and have not come. A message lowers
// it by one; a status that ends a request lowers it by what the status says was left
// (`Nats-Pending-Messages`), or to zero when it says nothing (ADR-37).
//
// A *fetch* sends one request and is finished when it is filled or has ended. A *stream of
// messages* never finishes by itself: when half of the batch has come, it asks for that half
// again, so that the server never waits for us; a request that runs out is followed by another.
//
// The server ends a request with a status message:
//
//     100 Idle Heartbeat             it lives; nothing else
//     400 Bad Request                we asked for nonsense: failure
//     404 No Messages                a request that does not wait found nothing
//     408 Request Timeout, Interest Expired        the request's time is over
//     409 Batch Completed, Leadership Change, Server Shutdown      ended early, ask again
//     409 Message Size Exceeds MaxBytes            the next message does not fit into the rest
//     409 Consumer Deleted, Consumer is push based, Exceeded Max...       failure
//     503 No Responders              no such consumer, or JetStream is away
//
// A fetch fails on a 503. A stream of messages asks again after 250 ms, 500 ms and so on, since
// a server that has just started has its connections before its consumers; it fails after
// `maxRefusals` of them in a row, or when the server was asked and knows no such consumer.
//
// A byte limit bounds one request, and its last message seldom fits exactly: that ends a request
// and is no failure. Only when nothing came of the whole limit is the next message too large.
//
// Requests can be lost with a connection. When the driver learns that there is another one, they
// are asked for again at once, a fetch for what is left of its messages and time. When nobody
// says so, and neither a message nor a heartbeat came for two heartbeats, or for a while after
// the request should have ended, it is taken as lost: a fetch ends, a stream of messages asks
// again.
//
// A fetch that does not wait (`expires` zero) takes what is there now; the server says 404 behind
// it. Silence says nothing about the stream then, and is a timeout.
//
// When the client drains, nothing is asked for any more and statuses mean nothing: the driver
// collects what had been sent, until it says that the inbox has ended.
package import BridgeBytes
package import NATSWire

/// The account of pull requests.
package struct PullMachine: Sendable {
    package struct Configuration: Sendable, Hashable {
        /// Messages of one request; for a stream of messages the most that may be on their way.
        package var batch: Int
        /// Most bytes of one request; nil: no bound but the batch.
        package var maxBytes: Int?
        /// How long the server keeps a request; zero: it does not wait for messages.
        package var expires: Duration
        /// Whether requests follow each other for ever.
        package var isContinuous: Bool
        /// Whether a stream of messages ends when a request or a heartbeat's time goes by without
        /// a message, so that its owner can look whether there is anything to wait for.
        package var endsWhenIdle = false
        /// Whether a stream of messages hands on what heartbeats say.
        package var tellsHeartbeats = false
        /// Longest wait for the answer to a request that does not wait.
        package var patience: Duration = .seconds(5)
        /// Answers "no responders" in a row after which a stream of messages fails.
        package var maxRefusals = 6

        package init(
            batch: Int, maxBytes: Int? = nil, expires: Duration, isContinuous: Bool = false
        ) {
            self.batch = batch
            self.maxBytes = maxBytes
            self.expires = min(expires, .forever)
            self.isContinuous = isContinuous
        }

        /// Shortest time of one request of a stream of messages: each costs the server a message,
        /// and without a wait there would be no end of them.
        package static let shortestExpiry: Duration = .milliseconds(100)

        /// What no server would take, in words; nil when there is nothing.
        package var fault: String? {
            if batch < 1 { return "a pull asks for at least one message, not \(batch)" }
            if let maxBytes, maxBytes < 1 {
                return "a pull's byte limit is at least 1, not \(maxBytes)"
            }
            if expires < .zero { return "a pull waits for no negative time" }
            guard isContinuous, expires < Self.shortestExpiry else { return nil }
            return "a stream of messages waits \(Self.shortestExpiry) at least at each request"
        }

        /// Half of the request's time, 30 s at most; none for requests of less than a second,
        /// whose end tells as much.
        package var heartbeat: Duration? { Self.heartbeat(expires) }

        fileprivate static func heartbeat(_ expires: Duration) -> Duration? {
            let half = min(expires / 2, .seconds(30))
            return half < .milliseconds(500) ? nil : half
        }
    }

    /// What to put into one request.
    package struct Request: Equatable, Sendable {
        package let batch: Int
        package let maxBytes: Int?
        /// Zero: the server does not wait.
        package let expires: Duration
        package let heartbeat: Duration?
    }

    package enum Step: Equatable, Sendable {
        /// Send this request, then ask for the next step again.
        case pull(Request)
        /// Wait for a message, at most until that time; then ask again.
        case wait(until: Duration)
        /// Take what has come, until the inbox has ended.
        case collect
        case finish(End)
    }

    package enum End: Equatable, Sendable {
        /// Everything that was asked for has come.
        case filled
        /// The server has no more for now.
        case exhausted
        /// The client drains; everything that had come was taken.
        case drained
        case failed(ErrorCode, detail: String)
    }

    /// Time that a request's end may be late before the request counts as lost.
    package static let grace: Duration = .seconds(1)

    /// Wait of a stream of messages after the first "no responders"; it doubles.
    package static let refusalWait: Duration = .milliseconds(250)

    private let configuration: Configuration
    /// Messages asked for that have not come.
    package private(set) var pending = 0
    private var pendingBytes = 0
    private var hasPulled = false
    /// Whether a fetch has to ask again for what has not come.
    private var isRenewing = false
    /// What has come of a fetch.
    private var received = 0
    private var receivedBytes = 0
    private var isDraining = false
    private var end: End?
    /// Of the last request.
    private var heartbeat: Duration?
    /// When the last request should have ended.
    private var requestEnd: Duration = .zero
    private var lastHeard: Duration = .zero
    private var refusals = 0
    /// The number of the consumer's last delivery, as a heartbeat told it, until it is taken.
    private var heardDelivery: UInt64?
    /// No request before that time.
    private var pausedUntil: Duration = .zero

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// Whether a message that has come is to be handed out, whatever the time is.
    package var hasNothingToDecide: Bool {
        end == nil && !isDraining && hasPulled && pending > 0 && !needsPull
    }

    /// What to do now.
    package mutating func step(now: Duration) -> Step {
        if let end { return .finish(end) }
        if isDraining { return .collect }
        if hasPulled && pending > 0 && now >= lostAt { return lost(now) }
        if now < pausedUntil { return .wait(until: pausedUntil) }
        guard needsPull else {
            if pending > 0 { return .wait(until: lostAt) }
            return finish(configuration.isContinuous ? nil : .filled, now)
        }
        return pull(now)
    }

    private var needsPull: Bool {
        configuration.isContinuous
            ? pending <= configuration.batch / 2 : !hasPulled || isRenewing
    }

    /// When silence means that the request is lost.
    private var lostAt: Duration {
        let end =
            requestEnd + (configuration.expires == .zero ? configuration.patience : Self.grace)
        guard let heartbeat else { return end }
        return min(end, lastHeard + heartbeat * 2)
    }

    private mutating func pull(_ now: Duration) -> Step {
        // What is left of a byte limit whose requests are over is not on its way.
        if pending == 0 { pendingBytes = 0 }
        // A fetch that asks again has what is left of its time, and of its messages and bytes.
        let isRest = isRenewing && configuration.expires > .zero
        let expires = isRest ? requestEnd - now : configuration.expires
        let wanted = configuration.batch - received
        let wantedBytes = configuration.maxBytes.map { max(1, $0 - receivedBytes) }
        heartbeat = Configuration.heartbeat(expires)
        let request = Request(
            batch: wanted - pending, maxBytes: wantedBytes.map { max(1, $0 - pendingBytes) },
            expires: expires, heartbeat: heartbeat)
        (hasPulled, isRenewing) = (true, false)
        (pending, pendingBytes) = (wanted, wantedBytes ?? 0)
        (requestEnd, lastHeard) = (now + expires, now)
        return .pull(request)
    }

    private mutating func lost(_ now: Duration) -> Step {
        pending = 0
        pendingBytes = 0
        if configuration.isContinuous { return pull(now) }
        if configuration.expires == .zero {
            return finish(.failed(.timeout, detail: "no answer came from the server"), now)
        }
        let isOver = now >= requestEnd + Self.grace
        let end: End =
            isOver
            ? .exhausted : .failed(.heartbeatMissed, detail: "no heartbeat came from the server")
        self.end = end
        return .finish(end)
    }

    private mutating func finish(_ end: End?, _ now: Duration) -> Step {
        guard let end else { return pull(now) }
        self.end = end
        return .finish(end)
    }

    /// A message came; `size` is that of subject, reply, headers and payload, as the server
    /// counts it. Nil: it came together with the one before it.
    package mutating func messageReceived(size: Int, now: Duration?) {
        if let now { lastHeard = now }
        refusals = 0
        if !configuration.isContinuous {
            (received, receivedBytes) = (received + 1, receivedBytes + size)
        }
        pending = max(0, pending - 1)
        pendingBytes = max(0, pendingBytes - size)
        if !configuration.isContinuous && pending == 0 { end = end ?? .filled }
    }

    /// A status message came.
    package mutating func statusReceived(
        _ status: HeaderStatus, headers: Headers, now: Duration
    ) {
        lastHeard = now
        if isDraining { return }
        if status.code != 503 { refusals = 0 }
        switch status.code {
        case 100:
            heardDelivery = headers.number(Self.lastDeliveryName)
            if configuration.endsWhenIdle { end = end ?? .exhausted }
        case 404, 408: requestEnded(headers)
        case 409: conflict(status.description, headers)
        case 503: refused(now)
        default:
            end = .failed(.refused, detail: "\(status.code) \(status.description)")
        }
    }

    /// The number of the consumer's last delivery, when a heartbeat has told it and that is wanted.
    package mutating func takeHeartbeat() -> UInt64? {
        defer { heardDelivery = nil }
        return configuration.tellsHeartbeats ? heardDelivery : nil
    }

    /// The connection was lost and there is another one: what was asked for is forgotten.
    package mutating func reconnected(now: Duration) {
        guard hasPulled, end == nil, !isDraining else { return }
        (pending, pendingBytes, refusals) = (0, 0, 0)
        (pausedUntil, lastHeard) = (.zero, now)
        guard !configuration.isContinuous else { return }
        if configuration.expires == .zero || now < requestEnd {
            isRenewing = true
        } else {
            end = .exhausted
        }
    }

    /// The client drains: nothing more is to be asked for.
    package mutating func drainBegan() { isDraining = true }

    /// While the client drains, everything that had come was taken.
    package mutating func inboxEnded() { end = end ?? .drained }

    /// The server was asked and knows no such consumer.
    package mutating func consumerGone() {
        end = .failed(.consumerDeleted, detail: "the consumer was deleted")
    }

    private mutating func refused(_ now: Duration) {
        refusals += 1
        guard configuration.isContinuous, refusals < configuration.maxRefusals else {
            end = .failed(.unavailable, detail: "no such consumer, or JetStream is away")
            return
        }
        pending = 0
        pendingBytes = 0
        pausedUntil = now + Self.refusalWait * (1 << (refusals - 1))
    }

    private mutating func requestEnded(_ headers: Headers) {
        pending -= left(headers, Self.pendingMessagesName) ?? pending
        pendingBytes -= left(headers, Self.pendingBytesName) ?? pendingBytes
        pending = max(0, pending)
        pendingBytes = max(0, pendingBytes)
        if !configuration.isContinuous || configuration.endsWhenIdle && pending == 0 {
            end = end ?? .exhausted
        }
    }

    private mutating func conflict(_ words: String, _ headers: Headers) {
        let words = words.lowercased()
        if words.hasPrefix("batch completed") || words.hasPrefix("leadership change")
            || words.hasPrefix("server shutdown")
        {
            requestEnded(headers)
        } else if words.hasPrefix("consumer deleted") {
            consumerGone()
        } else if words.hasPrefix("message size exceeds maxbytes") {
            tooLarge(headers)
        } else {
            end = .failed(.refused, detail: "409 \(words)")
        }
    }

    /// The next message does not fit into what is left of a request's byte limit.
    private mutating func tooLarge(_ headers: Headers) {
        let limit = configuration.maxBytes ?? 0
        if left(headers, Self.pendingBytesName) ?? limit < limit {
            requestEnded(headers)
        } else {
            end = .failed(
                .tooLarge,
                detail: "the next message is larger than the byte limit of \(limit)")
        }
    }

    private static let lastDeliveryName: HeaderName = "Nats-Last-Consumer"
    private static let pendingMessagesName: HeaderName = "Nats-Pending-Messages"
    private static let pendingBytesName: HeaderName = "Nats-Pending-Bytes"

    private func left(_ headers: Headers, _ name: HeaderName) -> Int? {
        headers.first(name).flatMap { Decimal.parse($0.bytes.span) }
    }
}
