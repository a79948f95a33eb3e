internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSWire

/// A message on its way out: the envelope, and each payload in the one state that it is in.
///
/// Serialized payloads are pieces of memory that are shared, not copied: the columns of a table
/// go from where they lie.
struct MessageDraft: Sendable {
    /// Where a payload stands. It only goes forward: a link never comes back into the message.
    enum State: Sendable {
        /// It travels inside the message, as one piece.
        case inside(Bytes)
        /// It goes by link, and has not been uploaded.
        case leaving
        /// It lies at the store.
        case uploaded(Claim)

        var transport: Transport {
            switch self {
            case .inside: .direct
            case .leaving, .uploaded: .link
            }
        }
    }

    /// One serialized payload.
    struct OutgoingPayload: Sendable {
        let id: String
        let name: String
        let type: PayloadType
        let metadata: JSONObject
        let segments: Segments
        var state: State

        /// What kind of content it is, for those who know only its link.
        var mediaType: MediaType {
            let head = segments.lazy.filter { !$0.isEmpty }.first ?? Bytes()
            return MediaType(
                typeName: type.rawValue, content: head[0..<min(head.count, MediaType.sniffed)])
        }

        /// As the envelope holds it. What has not left yet is still inside.
        var enveloped: EnvelopePayload {
            var payload = EnvelopePayload(
                id: id, dataName: name, typeName: type.rawValue, content: .direct(Bytes()),
                size: segments.byteCount, metadata: metadata)
            switch state {
            case .inside(let bytes): payload.content = .direct(bytes)
            case .leaving: payload.content = .direct(segments.joined())
            case .uploaded(let claim): payload.attach(claim)
            }
            return payload
        }
    }

    /// The envelope without its payloads.
    let skeleton: Envelope
    private(set) var payloads: [OutgoingPayload] = []
    /// Whether the payload is the message's raw body and the envelope stands in its headers.
    private(set) var usesHeaderForm = false

    /// A message whose payloads have yet to be serialized.
    init(_ skeleton: Envelope) { self.skeleton = skeleton }

    /// The envelope as it is by now. Complexity: O(n) in the number of payloads.
    var envelope: Envelope {
        var envelope = skeleton
        envelope.payloads = payloads.map(\.enveloped)
        return envelope
    }

    /// What has been uploaded.
    var claims: [Claim] {
        payloads.compactMap { payload in
            if case .uploaded(let claim) = payload.state { claim } else { nil }
        }
    }

    /// The payloads that have yet to be uploaded, by their numbers.
    var leaving: [Int] {
        payloads.indices.filter { if case .leaving = payloads[$0].state { true } else { false } }
    }

    /// Notes where a payload lies.
    mutating func uploaded(_ index: Int, _ claim: Claim) {
        payloads[index].state = .uploaded(claim)
    }

    /// Size in bytes below which a link saves nothing: its URL, digest and expiry in the message.
    static let leastLinked = 1024

    /// Lets every payload go by link that makes the message smaller that way: the limit of who
    /// refused it is not known. Returns whether there was one.
    mutating func linkAllThatShrinks() -> Bool {
        link(inside.filter { payloads[$0].segments.byteCount >= Self.leastLinked })
    }

    /// Lets the largest payload that is still inside go by link. Returns whether there was one.
    mutating func linkLargest() -> Bool {
        let largest = inside.max {
            payloads[$0].segments.byteCount < payloads[$1].segments.byteCount
        }
        return link(largest.map { [$0] } ?? [])
    }

    private var inside: [Int] {
        payloads.indices.filter { payloads[$0].state.transport == .direct }
    }

    private mutating func link(_ indices: [Int]) -> Bool {
        for index in indices { payloads[index].state = .leaving }
        if !indices.isEmpty { usesHeaderForm = false }
        return !indices.isEmpty
    }
}

extension MessageDraft {
    /// Serializes the payloads and plans how they travel; away from the caller's actor, since
    /// both may take a while.
    /// - Parameters:
    ///   - skeleton: The envelope without payloads.
    ///   - ids: One id per payload.
    @concurrent
    static func make(
        _ payloads: Payloads, _ skeleton: Envelope, ids: [String], _ limits: Limits
    ) async throws(EnvelopeError) -> MessageDraft {
        var draft = MessageDraft(skeleton)
        for (payload, id) in zip(payloads, ids) {
            draft.payloads.append(
                OutgoingPayload(
                    id: id, name: payload.name, type: payload.value.type,
                    metadata: payload.metadata,
                    segments: try PayloadCodec.serialize(payload.value), state: .leaving))
        }
        if limits.prefersHeaderForm, try limits.fitHeaderForm(draft) {
            draft.usesHeaderForm = true
            draft.keepInside(0)
            return draft
        }
        for (index, transport) in try limits.transports(draft).enumerated()
        where transport == .direct {
            draft.keepInside(index)
        }
        return draft
    }

    private mutating func keepInside(_ index: Int) {
        payloads[index].state = .inside(payloads[index].segments.joined())
    }

    /// What bounds the message.
    struct Limits: Sendable {
        let threshold: Int
        let maxPayload: Int
        let headers: Headers
        let canLink: Bool
        let prefersHeaderForm: Bool

        func transports(_ draft: MessageDraft) throws(EnvelopeError) -> [Transport] {
            let items = draft.payloads.map { payload in
                TransportPlan.Item(
                    id: payload.id, dataName: payload.name, typeName: payload.type.rawValue,
                    serializedCount: payload.segments.byteCount, metadata: payload.metadata,
                    linkURLCount: Self.linkURLCount(payload.name))
            }
            return try TransportPlan(
                draft.skeleton, items: items, threshold: threshold, maxPayload: maxPayload,
                headerCount: headers.encodedCount, canLink: canLink
            ).choices
        }

        /// Room for a link: the base URL, the id, and the name with each byte percent-encoded.
        private static func linkURLCount(_ name: String) -> Int { 400 + 3 * name.utf8.count }

        /// Whether the one payload fits as a raw body beside its headers. The header form sends
        /// no base64, so the threshold does not matter; a payload that does not fit goes by link,
        /// in the usual form.
        func fitHeaderForm(_ draft: MessageDraft) throws(EnvelopeError) -> Bool {
            guard draft.payloads.count == 1, var payload = draft.payloads.first else {
                throw EnvelopeError(
                    .invalidValue, stage: .plan, field: "payloads",
                    "the header form carries exactly one payload, not \(draft.payloads.count)")
            }
            // The headers do not depend on the body.
            payload.state = .inside(Bytes())
            var envelope = draft.skeleton
            envelope.payloads = [payload.enveloped]
            let fields = try HeaderForm.encode(envelope).headers
            let all = try HeaderFields.adding(fields, to: headers)
            return all.encodedCount + payload.segments.byteCount <= maxPayload
        }
    }
}

extension EnvelopePayload {
    /// Makes the payload a link to what was uploaded, with what the receiver verifies.
    fileprivate mutating func attach(_ claim: Claim) {
        content = .link(claim.url)
        encoding = "none"
        statedSize = claim.size
        metadata[IntegrityKey.checksum] = .string(claim.checksum)
        if let expiresAt = claim.expiresAt {
            metadata[IntegrityKey.expiresAt] = .string(expiresAt.description)
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
