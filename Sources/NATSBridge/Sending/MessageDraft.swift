internal import BridgeBytes
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSWire

/// A message on its way out: the envelope, each payload serialized, and how each one travels.
///
/// Serialized payloads are pieces of memory that are shared, not copied: the columns of a table
/// go from where they lie.
struct MessageDraft: Sendable {
    /// One serialized payload.
    struct Content: Sendable {
        let segments: [Bytes]
        let count: Int

        init(_ segments: [Bytes]) {
            self.segments = segments
            count = segments.reduce(0) { $0 + $1.count }
        }
    }

    var envelope: Envelope
    let contents: [Content]
    var choices: [TransportPlan.Choice]
    /// Whether the payload is the message's raw body and the envelope stands in its headers.
    var usesHeaderForm: Bool

    /// Size in bytes below which a link saves nothing: its URL, digest and expiry in the message.
    static let leastLinked = 1024

    /// Lets every payload go by link that makes the message smaller that way: the limit of who
    /// refused it is not known. Returns whether there was one.
    mutating func linkAllThatShrinks() -> Bool {
        let indices = choices.indices.filter {
            choices[$0] == .direct && contents[$0].count >= Self.leastLinked
        }
        for index in indices { choices[index] = .link }
        if !indices.isEmpty { usesHeaderForm = false }
        return !indices.isEmpty
    }

    /// Serializes the payloads and plans how they travel; away from the caller's actor, since
    /// both may take a while.
    /// - Parameters:
    ///   - skeleton: The envelope without payloads.
    ///   - ids: One id a payload.
    @concurrent
    static func make(
        _ payloads: [OutgoingPayload], _ skeleton: Envelope, ids: [String], _ limits: Limits
    ) async throws(EnvelopeError) -> MessageDraft {
        var envelope = skeleton
        var contents: [Content] = []
        for (payload, id) in zip(payloads, ids) {
            let content = Content(try PayloadCodec.serialize(payload.value))
            contents.append(content)
            envelope.payloads.append(
                EnvelopePayload(
                    id: id, dataName: payload.name, typeName: payload.value.type.rawValue,
                    transport: .direct(Bytes()), size: content.count, metadata: payload.metadata))
        }
        if limits.prefersHeaderForm, try limits.fitHeaderForm(envelope, contents) {
            return MessageDraft(
                envelope: envelope, contents: contents, choices: [.direct], usesHeaderForm: true)
        }
        return MessageDraft(
            envelope: envelope, contents: contents,
            choices: try limits.choices(envelope, contents), usesHeaderForm: false)
    }

    /// What bounds the message.
    struct Limits: Sendable {
        let threshold: Int
        let maxPayload: Int
        let headers: Headers
        let canLink: Bool
        let prefersHeaderForm: Bool

        func choices(
            _ envelope: Envelope, _ contents: [Content]
        ) throws(EnvelopeError) -> [TransportPlan.Choice] {
            let items = zip(envelope.payloads, contents).map { payload, content in
                TransportPlan.Item(
                    id: payload.id, dataName: payload.dataName, typeName: payload.typeName,
                    serializedCount: content.count, metadata: payload.metadata,
                    linkURLCount: Self.linkURLCount(payload.dataName))
            }
            return try TransportPlan(
                envelope, items: items, threshold: threshold, maxPayload: maxPayload,
                headerCount: headers.encodedCount, canLink: canLink
            ).choices
        }

        /// Room for a link: the base URL, the id, and the name with each byte percent-encoded.
        private static func linkURLCount(_ name: String) -> Int { 400 + 3 * name.utf8.count }

        /// Whether the one payload fits as a raw body beside its headers. The header form sends
        /// no base64, so the threshold does not matter; a payload that does not fit goes by link,
        /// in the usual form.
        func fitHeaderForm(
            _ envelope: Envelope, _ contents: [Content]
        ) throws(EnvelopeError) -> Bool {
            guard contents.count == 1 else {
                throw EnvelopeError(
                    .invalidValue, stage: .plan, field: "payloads",
                    "the header form carries exactly one payload, not \(contents.count)")
            }
            let fields = try HeaderForm.encode(envelope).headers
            let all = try HeaderFields.adding(fields, to: headers)
            return all.encodedCount + contents[0].count <= maxPayload
        }
    }
}

/// Headers of the header form beside those of the application.
enum HeaderFields {
    static func adding(
        _ fields: [(name: String, value: String)], to headers: Headers
    ) throws(EnvelopeError) -> Headers {
        var all = headers
        for field in fields {
            guard let name = try? HeaderName(field.name), let value = try? HeaderValue(field.value)
            else {
                throw EnvelopeError(
                    .invalidValue, stage: .headers, field: field.name,
                    "a value that no NATS header can hold")
            }
            all.set(name, value)
        }
        return all
    }
}
