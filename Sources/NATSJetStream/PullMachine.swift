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
//     409 Message Size Exceeds MaxBytes            the next message is too large: failure
//     409 Consumer Deleted, Consumer is push based, Exceeded Max...       failure
//     503 No Responders              no such consumer, or JetStream is away
//
// A fetch fails on a 503. A stream of messages asks again after 250 ms, 500 ms and so on, since
// a server that has just started has its connections before its consumers; it fails after
// `maxRefusals` of them in a row, or when the server was asked and knows no such consumer.
//
// Requests can be lost with a connection. When neither a message nor a heartbeat came for two
// heartbeats, or for a while after the request should have ended, it is taken as lost: a fetch
// ends, a stream of messages asks again.
internal import BridgeBytes
package import NATSWire

/// The account of pull requests.
package struct PullMachine: Sendable {
    package struct Configuration: Sendable, Hashable {
        /// Messages of one request; for a stream of messages the most that may be on their way.
        package var batch: Int
        /// Most bytes of one request; nil: no bound but the batch.
        package var maxBytes: Int?
        /// How long the server keeps a request.
        package var expires: Duration
        /// Whether requests follow each other for ever.
        package var isContinuous: Bool
        /// Answers "no responders" in a row after which a stream of messages fails.
        package var maxRefusals = 6

        package init(
            batch: Int, maxBytes: Int? = nil, expires: Duration, isContinuous: Bool = false
        ) {
            precondition(batch > 0, "a pull asks for at least one message")
            precondition(expires > .zero, "a pull waits for some time")
            self.batch = batch
            self.maxBytes = maxBytes
            self.expires = expires
            self.isContinuous = isContinuous
        }

        /// Half of the request's time, 30 s at most; none for requests of less than a second,
        /// whose end tells as much.
        package var heartbeat: Duration? {
            let half = min(expires / 2, .seconds(30))
            return half < .milliseconds(500) ? nil : half
        }
    }

    /// What to put into one request.
    package struct Request: Equatable, Sendable {
        package let batch: Int
        package let maxBytes: Int?
        package let expires: Duration
        package let heartbeat: Duration?
    }

    package enum Step: Equatable, Sendable {
        /// Send this request, then ask for the next step again.
        case pull(Request)
        /// Wait for a message, at most until that time; then ask again.
        case wait(until: Duration)
        case finish(End)
    }

    package enum End: Equatable, Sendable {
        /// Everything that was asked for has come.
        case filled
        /// The server has no more for now.
        case exhausted
        case failed(JetStreamError.Code, detail: String)
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
    private var end: End?
    /// When the last request should have ended.
    private var requestEnd: Duration = .zero
    private var lastHeard: Duration = .zero
    private var refusals = 0
    /// No request before that time.
    private var pausedUntil: Duration = .zero

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// What to do now.
    package mutating func step(now: Duration) -> Step {
        if let end { return .finish(end) }
        if hasPulled && pending > 0 && now >= lostAt { return lost(now) }
        if now < pausedUntil { return .wait(until: pausedUntil) }
        guard needsPull else {
            if pending > 0 { return .wait(until: lostAt) }
            return finish(configuration.isContinuous ? nil : .filled, now)
        }
        return pull(now)
    }

    private var needsPull: Bool {
        configuration.isContinuous ? pending <= configuration.batch / 2 : !hasPulled
    }

    /// When silence means that the request is lost.
    private var lostAt: Duration {
        let end = requestEnd + Self.grace
        guard let heartbeat = configuration.heartbeat else { return end }
        return min(end, lastHeard + heartbeat * 2)
    }

    private mutating func pull(_ now: Duration) -> Step {
        let request = Request(
            batch: configuration.batch - pending,
            maxBytes: configuration.maxBytes.map { max(1, $0 - pendingBytes) },
            expires: configuration.expires, heartbeat: configuration.heartbeat)
        hasPulled = true
        pending = configuration.batch
        pendingBytes = configuration.maxBytes ?? 0
        requestEnd = now + configuration.expires
        lastHeard = now
        return .pull(request)
    }

    private mutating func lost(_ now: Duration) -> Step {
        pending = 0
        pendingBytes = 0
        if configuration.isContinuous { return pull(now) }
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
    /// counts it.
    package mutating func messageReceived(size: Int, now: Duration) {
        lastHeard = now
        refusals = 0
        pending = max(0, pending - 1)
        pendingBytes = max(0, pendingBytes - size)
        if !configuration.isContinuous && pending == 0 { end = end ?? .filled }
    }

    /// A status message came.
    package mutating func statusReceived(
        _ status: HeaderStatus, headers: Headers, now: Duration
    ) {
        lastHeard = now
        if status.code != 503 { refusals = 0 }
        switch status.code {
        case 100: return
        case 404, 408: requestEnded(headers)
        case 409: conflict(status.description, headers)
        case 503: refused(now)
        default:
            end = .failed(.refused, detail: "\(status.code) \(status.description)")
        }
    }

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
        if !configuration.isContinuous { end = end ?? .exhausted }
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
            end = .failed(
                .batchBytesExceeded, detail: "the next message is larger than the byte limit")
        } else {
            end = .failed(.refused, detail: "409 \(words)")
        }
    }

    private static let pendingMessagesName: HeaderName = "Nats-Pending-Messages"
    private static let pendingBytesName: HeaderName = "Nats-Pending-Bytes"

    private func left(_ headers: Headers, _ name: HeaderName) -> Int? {
        headers.first(name).flatMap { Decimal.parse($0.bytes.span) }
    }
}
