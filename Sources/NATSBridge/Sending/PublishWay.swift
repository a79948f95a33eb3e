internal import BridgeBytes
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// One way to publish, for all attempts of one message.
struct PublishWay: Sendable {
    private let outgoing: Outgoing
    private let mode: PublishMode
    /// The inbox for a stream's answers. All attempts share it, so that an answer to an earlier
    /// one, which comes late, is heard.
    private let ticket: RequestTicket?

    init(_ outgoing: Outgoing) {
        self.outgoing = outgoing
        mode = outgoing.options.mode
        ticket = mode == .jetStream ? outgoing.bridge.client.newRequest() : nil
    }

    /// When it is published again.
    func machine(of options: SendOptions, isIdentified: Bool = true) -> PublishRetryMachine {
        PublishRetryMachine(
            limit: options.timeout, repeats: options.retriesUnknown && isIdentified,
            sharesTime: mode == .jetStream)
    }

    /// Publishes once.
    /// - Throws: `BridgeError` with its outcome.
    func publish(
        _ message: Outgoing.Ready, limit: Duration
    ) async throws(BridgeError) -> SentEnvelope.StoredMessage? {
        if mode == .none { return nil }
        let (client, subject) = (outgoing.bridge.client, outgoing.subject)
        var stored: SentEnvelope.StoredMessage?
        if mode == .jetStream {
            stored = try await store(message, limit)
        } else {
            do throws(NATSError) {
                if mode == .unconfirmed {
                    try await enqueue(message, limit)
                } else {
                    try await client.publishConfirmed(
                        message.body, to: subject, headers: message.headers, timeout: limit)
                }
            } catch {
                // What cannot be put into the outbox is not sent.
                let failure = BridgeError(publishing: error, correlationID: outgoing.correlationID)
                throw mode == .unconfirmed ? failure.knowing(.lost) : failure
            }
        }
        outgoing.bridge.log(
            outgoing.correlationID, .publish, "published message",
            [
                LogEvent.Field("subject", subject.text),
                LogEvent.Field("bytes", String(message.wireBytes)),
                LogEvent.Field("body_bytes", String(message.body.count)),
                LogEvent.Field("msg_id", message.messageID ?? ""),
                outgoing.traceID(message.headers),
            ])
        return stored
    }

    /// Below this many waiting bytes, an eighth of the default outbox, nobody has to wait for room.
    private static let easyBacklog = 1 << 20

    /// Puts a message into the outbox, and waits for room there, but no longer than `limit`.
    private func enqueue(
        _ message: Outgoing.Ready, _ limit: Duration
    ) async throws(NATSError) {
        let (client, subject) = (outgoing.bridge.client, outgoing.subject)
        if client.outboxBacklog < Self.easyBacklog {
            do throws(NATSError) {
                return try client.publish(message.body, to: subject, headers: message.headers)
            } catch  where error.code == .outboxFull {
                // There is room for those who wait.
            }
        }
        try await client.publish(
            message.body, to: subject, headers: message.headers, timeout: limit)
    }

    private func store(
        _ message: Outgoing.Ready, _ limit: Duration
    ) async throws(BridgeError) -> SentEnvelope.StoredMessage {
        let client = outgoing.bridge.client
        let options = PublishOptions(messageID: message.messageID.flatMap { try? HeaderValue($0) })
        do throws(JetStreamError) {
            let ack = try await JetStream(client: client).publish(
                message.body, to: outgoing.subject, headers: message.headers, options: options,
                ticket: ticket ?? client.newRequest(), timeout: limit)
            return SentEnvelope.StoredMessage(
                stream: ack.stream, sequence: ack.sequence,
                isDuplicate: ack.isDuplicate)
        } catch {
            throw BridgeError(
                publishing: error, subject: outgoing.subject.text,
                correlationID: outgoing.correlationID)
        }
    }
}

extension Outgoing {
    /// Publishes a message that is ready. It is published again only when its `msg_id` can be
    /// read: without one no receiver could tell the second copy from another message.
    @concurrent
    func publish(_ body: Bytes) async throws(BridgeError) {
        let identity = PublishedIdentity(reading: body, options.headers)
        var named = self
        named.correlationID = options.correlationID ?? identity.correlationID ?? correlationID
        try await named.publish(body, identity)
    }

    private func publish(
        _ body: Bytes, _ identity: PublishedIdentity
    ) async throws(BridgeError) {
        try checkTime(options.timeout)
        let way = PublishWay(self)
        var ready = Ready(body: body, headers: options.headers, messageID: identity.messageID)
        var machine = way.machine(of: options, isIdentified: identity.messageID != nil)
        do throws(BridgeError) {
            _ = try await publishing(&ready, &machine) {
                message, limit async throws(BridgeError) in
                try await way.publish(message, limit: limit)
            } planAgain: { _ in
                nil
            }
        } catch {
            throw bridge.logged(await told(error, error.outcome ?? machine.outcome, []))
        }
    }
}

/// The ids by which an envelope that is ready can be told, in any known form; what the headers say
/// goes before.
struct PublishedIdentity {
    private static let streamName: HeaderName = "Nats-Msg-Id"
    private static let messageName: HeaderName = "NATSBridge-Message-ID"
    private static let correlationName: HeaderName = "NATSBridge-Correlation-ID"

    /// What copies of a message have in common; nil when there is none, or when it is empty.
    let messageID: String?
    /// The flow; nil likewise.
    let correlationID: String?

    init(reading body: Bytes, _ headers: Headers) {
        let json = try? JSONValue(parsing: body)
        func text(_ headers: [String?], _ keys: [String]) -> String? {
            let texts = headers + keys.map { json?[$0]?.stringValue }
            return texts.compactMap(\.self).first { !$0.isEmpty }
        }
        messageID = text(
            [headers[Self.streamName], headers[Self.messageName]], ["msg_id", "msgId"])
        correlationID = text(
            [headers[Self.correlationName]], ["correlation_id", "correlationId"])
    }
}
