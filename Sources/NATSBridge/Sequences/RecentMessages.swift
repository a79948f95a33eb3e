internal import BridgeBytes
package import BridgeEnvelope
internal import BridgeJSON
package import NATSWire

/// What tells that two messages are one: the ids that the sender gave it, where it came, and what
/// it carries. A sender that uses an id twice, for another content, loses nothing.
package struct ReceivedIdentity: Hashable, Sendable {
    /// Longest `msg_id` and ids beside it, in bytes together: ids come from peers.
    package static let maxBytes = 512

    private let text: String

    /// An identity with a text of its own.
    package init(_ text: String) { self.text = text }

    /// Nil for a message without an id, or whose ids are too long to be remembered.
    package init?(_ envelope: Envelope, on subject: Subject) {
        guard !envelope.messageID.isEmpty else { return nil }
        let ids = [
            envelope.messageID, envelope.senderID, envelope.correlationID, subject.text,
        ]
        guard ids.reduce(0, { $0 + $1.utf8.count }) <= Self.maxBytes else { return nil }
        var content = RunningChecksum(.xxh64)
        for payload in envelope.payloads {
            content.update("\(payload.dataName)\u{0}\(payload.typeName)\u{0}".utf8.span)
            switch payload.content {
            case .direct(let bytes): content.update(bytes.span)
            case .link:
                // A message that is sent again may have been uploaded again, to another place.
                let digest = payload.metadata[IntegrityKey.checksum]?.stringValue ?? ""
                content.update("\(payload.size)\u{0}\(digest)".utf8.span)
            }
        }
        text = (ids + [content.finalize().description]).joined(separator: "\u{0}")
    }
}

/// The last messages that were handed out, up to a bound: the oldest is forgotten first.
package struct RecentMessages {
    private let capacity: Int
    private var known: Set<ReceivedIdentity> = []
    /// The same in the order of arrival, as a ring once it is full.
    private var order: [ReceivedIdentity] = []
    private var oldest = 0

    package init(capacity: Int = ReceiveOptions.rememberedMessages) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { known.count }

    package func contains(_ identity: ReceivedIdentity) -> Bool { known.contains(identity) }

    /// Remembers a message. Returns false for one that is known already.
    package mutating func insert(_ identity: ReceivedIdentity) -> Bool {
        guard known.insert(identity).inserted else { return false }
        guard order.count == capacity else {
            order.append(identity)
            return true
        }
        known.remove(order[oldest])
        order[oldest] = identity
        oldest = (oldest + 1) % capacity
        return true
    }
}
