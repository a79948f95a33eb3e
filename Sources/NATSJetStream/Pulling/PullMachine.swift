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
//     423 Nats-Wrong-Pin-Id          somebody else is pinned: ask again, without the old pin
//     409 Batch Completed, Leadership Change, Server Shutdown      ended early, ask again
//     409 Message Size Exceeds MaxBytes            the next message does not fit into the rest
//     409 Consumer Deleted, Consumer is push based, Exceeded Max...       failure
//     503 No Responders              no such consumer, or JetStream is away
//     (permissions) the server forbids the request itself: failure
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
// A worker holds messages until it is done with them (`countsHeld`): what is held counts against
// the batch and the byte limit, and the driver says what was released. When everything is held, or
// the next message does not fit beside what is, the machine waits for that.
//
// When the client drains, nothing is asked for any more and statuses mean nothing: the driver
// collects what had been sent, until it says that the inbox has ended.
internal import BridgeBytes
package import NATSWire

/// The account of pull requests.
package struct PullMachine: Sendable {
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
    private var received = 0
    /// What has come of a fetch.
    private var receivedBytes = 0
    /// By what the server knows the client that it has pinned.
    package private(set) var pin: String?
    private var isDraining = false
    private var end: End?
    /// What was handed out and is not released.
    private var held = 0
    private var heldBytes = 0
    /// Whether the next message did not fit beside what is held.
    private var isBlocked = false
    /// Whether the next message did not fit into what was left of a byte limit: until all requests
    /// have ended, another one would have a part of it again, and so on without end.
    private var needsWholeLimit = false
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
            if held > 0 { return .hold }
            return finish(configuration.isContinuous ? nil : .filled, now)
        }
        return pull(now)
    }

    private var needsPull: Bool {
        guard configuration.isContinuous else { return !hasPulled || isRenewing }
        let room = room
        guard room > pending, !isBlocked, !needsWholeLimit || pending == 0,
            (configuration.maxBytes ?? .max) > heldBytes
        else { return false }
        return pending <= min(configuration.refill ?? room / 2, room - 1) || lacksBytes
    }

    /// Whether so little is left of the byte limit that more is to be asked for: a request that has
    /// used it up ends, and another one would come a round trip later.
    private var lacksBytes: Bool {
        guard let limit = configuration.maxBytes else { return false }
        let room = limit - heldBytes
        return pendingBytes <= min(configuration.refillBytes ?? room / 2, room - 1)
    }

    /// How many messages may be on their way.
    private var room: Int {
        guard configuration.isContinuous else { return configuration.batch - received }
        let rest = configuration.maxMessages.map { $0 - received } ?? .max
        return min(configuration.batch - held, rest)
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
        let wanted = room
        let wantedBytes = configuration.maxBytes.map { max(1, $0 - receivedBytes - heldBytes) }
        heartbeat = configuration.heartbeat(expires)
        let request = Request(
            batch: wanted - pending, maxBytes: wantedBytes.map { max(1, $0 - pendingBytes) },
            expires: expires, heartbeat: heartbeat)
        (hasPulled, isRenewing, needsWholeLimit) = (true, false, false)
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
        if !configuration.isContinuous { receivedBytes += size }
        received += 1
        if configuration.countsHeld { (held, heldBytes) = (held + 1, heldBytes + size) }
        pending = max(0, pending - 1)
        pendingBytes = max(0, pendingBytes - size)
        if !configuration.isContinuous && pending == 0 || received == configuration.maxMessages {
            end = end ?? .filled
        }
    }

    /// A message says that its client is pinned, and by what.
    package mutating func pinned(as name: String) { pin = name }

    /// Messages that were handed out are done with.
    package mutating func released(messages: Int, bytes: Int) {
        guard messages > 0 else { return }
        (held, heldBytes) = (max(0, held - messages), max(0, heldBytes - bytes))
        isBlocked = false
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
        case 423 where configuration.group != nil:
            // Somebody else is pinned now; without the name we stand in line like all others.
            pin = nil
            requestEnded(headers)
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

    /// The server does not let us ask.
    package mutating func requestForbidden(_ words: String) {
        if !isDraining { end = end ?? .failed(.permissionDenied, detail: words) }
    }

    private mutating func refused(_ now: Duration) {
        refusals += 1
        guard configuration.isContinuous, refusals < configuration.maxRefusals else {
            end = .failed(.unavailable, detail: "no such consumer, or JetStream is away")
            return
        }
        pending = 0
        pendingBytes = 0
        pausedUntil = now + Self.refusalWait * (1 << min(refusals - 1, 5))
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
            (isBlocked, needsWholeLimit) = (held > 0, true)
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
