internal import BridgeBytes
package import BridgeJSON

/// Which payloads travel inside a message and which by link.
///
/// ## Theory of operation
/// A payload of the threshold or more goes by link. Then the size of the whole message is
/// counted: the encoded envelope (base64 adds a third, and there may be several payloads) and
/// the message's headers, which NATS counts too. While it exceeds what the server takes, the
/// direct payload whose link would save the most goes by link. The count of a direct payload is
/// exact, that of a link an upper bound: its URL and the integrity keys are not known yet, so a
/// reserve for them is counted. If no link would save anything, or links are not possible, the
/// plan fails with both numbers, before a byte was written.
package struct TransportPlan: Sendable, Equatable {
    /// What the plan must know of a payload; the texts are those that will be written.
    package struct Item: Sendable {
        /// The payload's id.
        package var id: String
        /// The payload's name.
        package var dataName: String
        /// The strict name of its type.
        package var typeName: String
        /// Size of the serialized payload in bytes.
        package var serializedCount: Int
        /// Metadata that is written either way.
        package var metadata: JSONObject
        /// Most bytes of the link's URL, as a JSON string without its quotes.
        package var linkURLCount: Int
        /// Most bytes that integrity keys add to a link's metadata.
        package var linkMetadataCount: Int

        package init(
            id: String, dataName: String, typeName: String, serializedCount: Int,
            metadata: JSONObject = [:], linkURLCount: Int = 512,
            linkMetadataCount: Int = IntegrityKey.reservedCount
        ) {
            self.id = id
            self.dataName = dataName
            self.typeName = typeName
            self.serializedCount = serializedCount
            self.metadata = metadata
            self.linkURLCount = linkURLCount
            self.linkMetadataCount = linkMetadataCount
        }
    }

    /// How each item travels, in order.
    package private(set) var choices: [Transport]
    /// Size of the body: exact if all items are direct, else the most that it will be.
    package private(set) var encodedCount: Int

    /// Makes the plan.
    /// - Parameters:
    ///   - envelope: The envelope as it will be written; its payloads do not count.
    ///   - items: Its payloads.
    ///   - threshold: From this size on, in serialized bytes, a payload goes by link.
    ///   - maxPayload: Most bytes that the server takes, headers and body together.
    ///   - headerCount: Size of the message's encoded headers, 0 without headers.
    ///   - canLink: Whether there is a store for links. Without one the threshold is void.
    /// - Throws: `tooLarge` with need and limit.
    package init(
        _ envelope: Envelope, items: [Item], threshold: Int, maxPayload: Int,
        headerCount: Int = 0, canLink: Bool = true
    ) throws(EnvelopeError) {
        let direct = items.map { $0.encodedCount(.direct) }
        let link = items.map { $0.encodedCount(.link) }
        choices = items.map { canLink && $0.serializedCount >= threshold ? .link : .direct }
        encodedCount = EncodedSize.withoutPayloads(envelope) + max(items.count - 1, 0)
        for index in items.indices {
            encodedCount += choices[index] == .direct ? direct[index] : link[index]
        }
        while headerCount + encodedCount > maxPayload {
            let spill = items.indices.filter { choices[$0] == .direct && link[$0] < direct[$0] }
                .max { direct[$0] - link[$0] < direct[$1] - link[$1] }
            guard canLink, let spill else {
                throw Self.tooLarge(
                    need: headerCount + encodedCount, limit: maxPayload, canLink: canLink)
            }
            choices[spill] = .link
            encodedCount -= direct[spill] - link[spill]
        }
    }

    /// The error for a message that does not fit.
    package static func tooLarge(need: Int, limit: Int, canLink: Bool) -> EnvelopeError {
        let reason = canLink ? "even with every payload by link" : "and there is no file server"
        var error = EnvelopeError(
            .tooLarge, stage: .plan,
            "the message needs \(need) bytes, the server takes \(limit), \(reason)")
        error.need = need
        error.limit = limit
        return error
    }
}

extension TransportPlan.Item {
    /// Size in the envelope: exact when direct, the most that it will be when a link.
    package func encodedCount(_ transport: Transport) -> Int {
        let fixed =
            EncodedSize.frame(
                id: id, dataName: dataName, typeName: typeName, transport: transport,
                metadata: metadata) + EncodedSize.digits(serializedCount)
        switch transport {
        case .direct: return fixed + 2 + Base64.encodedCount(serializedCount)
        case .link: return fixed + 2 + linkURLCount + linkMetadataCount
        }
    }
}

extension IntegrityKey {
    /// Most bytes that the integrity keys take in a payload's metadata.
    package static let reservedCount: Int = {
        let longest: JSONObject = [
            checksum: .string("sha256:" + String(repeating: "0", count: 64)),
            expiresAt: "2026-03-13T07:02:50.443Z",
            contentEncoding: "0123456789abcdef",
        ]
        // One comma more than the object's own, since the keys come after others; no braces.
        return EncodedSize.of(longest) + 1 - 2
    }()
}
