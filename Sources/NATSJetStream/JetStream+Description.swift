internal import BridgeBytes
internal import NATSCore
internal import NATSWire

extension JetStream: CustomStringConvertible {
    /// The client, and the domain if one is named.
    public var description: String {
        "JetStream(\(client)\(options.domain.map { ", domain \($0)" } ?? ""))"
    }
}

extension JetStreamMessage: CustomStringConvertible {
    /// Subject, size and place in the stream; neither content nor values of headers.
    public var description: String {
        "JetStreamMessage(\(subject), \(payload.count) bytes, \(metadata))"
    }
}

extension MessageMetadata: CustomStringConvertible {
    /// Where the message stands in the stream, and how often it was delivered.
    public var description: String {
        "number \(streamSequence) of stream \(stream) to consumer \(consumer), "
            + "delivery \(deliveryCount), \(pending) pending"
    }
}

extension PublishAck: CustomStringConvertible {
    /// Where the message was stored, and whether it was there already.
    public var description: String {
        "number \(sequence) of stream \(stream)\(isDuplicate ? ", a duplicate" : "")"
    }
}

extension PublishRequest: CustomStringConvertible {
    /// Subject and size, and the names of the headers.
    public var description: String {
        "PublishRequest(\(subject), \(payload.count) bytes, \(headers))"
    }
}

extension PullConsumer: CustomStringConvertible {
    /// Its name and its stream.
    public var description: String { "PullConsumer(\(name) on stream \(stream))" }
}

extension StreamInfo: CustomStringConvertible {
    /// The name, the subjects, and what is stored.
    public var description: String {
        let subjects = configuration.subjects.map(\.text).joined(separator: ", ")
        return "stream \(configuration.name) on \(subjects): \(state)"
    }
}

extension StreamInfo.State: CustomStringConvertible {
    /// How much is stored, and which numbers it has.
    public var description: String {
        "\(messages) messages (\(bytes) bytes), numbers \(firstSequence) to \(lastSequence), "
            + "\(consumerCount) consumers"
    }
}

extension ConsumerInfo: CustomStringConvertible {
    /// The names, and where it stands.
    public var description: String {
        "consumer \(name) on stream \(stream): \(pending) pending, "
            + "\(ackPending) not acknowledged, \(redelivered) redelivered"
    }
}

extension Replay: CustomStringConvertible {
    /// The stream, and since when.
    public var description: String { "Replay(of stream \(stream) since \(anchor.start))" }
}
