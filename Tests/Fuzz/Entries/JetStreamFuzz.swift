package import BridgeBytes
internal import BridgeJSON
internal import NATSJetStream
internal import NATSWire

/// What is held of the words of JetStream for any input, as `NATSFuzz` holds it of NATS.
package enum JetStreamFuzz {
    /// The first byte says what the rest is taken for.
    package static func words(_ input: Bytes) -> String? {
        guard let kind = Array(input).first else { return nil }
        let rest = input[1...]
        return switch kind % 6 {
        case 0: reply(rest)
        case 1: acknowledgement(rest)
        case 2: streamInfo(rest)
        case 3: consumerInfo(rest)
        case 4: setting(rest)
        default: other(rest)
        }
    }

    /// A reply subject of a delivery: what was read of it is written and read again, and is the
    /// same, however the names are known.
    private static func reply(_ input: Bytes) -> String? {
        guard let read = try? MessageMetadata(parsing: Subject(received: input)) else { return nil }
        guard !read.stream.isEmpty, !read.consumer.isEmpty else { return "a name is empty" }
        let time = read.timestamp
        guard time.seconds >= 0, 0..<1_000_000_000 ~= time.nanoseconds else {
            return "a time that is none"
        }
        let nanoseconds = time.seconds * 1_000_000_000 + Int64(time.nanoseconds)
        let numbers =
            "\(read.deliveryCount).\(read.streamSequence).\(read.consumerSequence)"
            + ".\(nanoseconds).\(read.pending)"
        let names = "\(read.stream).\(read.consumer)"
        let texts =
            read.domain.map { ["$JS.ACK.\($0).hash.\(names).\(numbers).random"] } ?? [
                "$JS.ACK.\(names).\(numbers)", "$JS.ACK._.hash.\(names).\(numbers)",
            ]
        for text in texts {
            let subject = Subject(received: Bytes(utf8: text))
            for known in [nil, (read.stream, read.consumer), ("another", "another")] {
                guard let again = try? MessageMetadata(parsing: subject, known: known) else {
                    return "\(text) is not read"
                }
                guard again == read else { return "\(text) reads differently" }
            }
        }
        return nil
    }

    /// An answer to a publish: it names a stream and a number, and reads the same with its fields
    /// in another order.
    private static func acknowledgement(_ input: Bytes) -> String? {
        let text = String(repairing: input)
        guard let ack = PublishAck(answer: text) else { return nil }
        guard !ack.stream.isEmpty, ack.sequence > 0 else { return "\(ack) says nothing" }
        guard let object = (try? JSONValue(parsing: Bytes(utf8: text)))?.objectValue else {
            return "what is no JSON object was read"
        }
        var turned = JSONObject()
        for (name, value) in object.reversed() where turned[name] == nil { turned[name] = value }
        guard turned.count == object.count else { return nil }
        let again = PublishAck(answer: String(repairing: JSONValue.object(turned).encoded()))
        return again == ack ? nil : "\(ack) reads as \(String(describing: again))"
    }

    private static func streamInfo(_ input: Bytes) -> String? {
        guard let info = try? StreamInfo(answer: input) else { return nil }
        return stream(info.configuration)
    }

    private static func consumerInfo(_ input: Bytes) -> String? {
        guard let info = try? ConsumerInfo(answer: input) else { return nil }
        return consumer(info.configuration)
    }

    /// Settings: what is written of what was read is read, and written the same again, what is not
    /// known here included. The first writing leaves out what is the server's own (`_nats.` in the
    /// metadata), and names a consumer that has the name of its durable alone.
    private static func setting(_ input: Bytes) -> String? {
        guard let json = try? JSONValue(parsing: input) else { return nil }
        if let settings = try? StreamConfiguration(json: json), let problem = stream(settings) {
            return problem
        }
        return (try? ConsumerConfiguration(json: json)).flatMap(consumer)
    }

    private static func stream(_ settings: StreamConfiguration) -> String? {
        let again = try? StreamConfiguration(json: settings.jsonValue)
        guard let again, again == (try? StreamConfiguration(json: again.jsonValue)),
            again.additional == settings.additional, again.subjects == settings.subjects
        else { return "\(settings) is read again as \(String(describing: again))" }
        return nil
    }

    private static func consumer(_ settings: ConsumerConfiguration) -> String? {
        let again = try? ConsumerConfiguration(json: settings.jsonValue)
        guard let again, again == (try? ConsumerConfiguration(json: again.jsonValue)),
            again.additional == settings.additional,
            again.filterSubjects == settings.filterSubjects
        else { return "\(settings) is read again as \(String(describing: again))" }
        return nil
    }

    /// The account, and a stored message: read or refused, twice the same.
    private static func other(_ input: Bytes) -> String? {
        if let account = try? AccountInfo(answer: input) {
            guard (try? AccountInfo(answer: input)) == account else { return "an account differs" }
        }
        if let message = try? StoredMessage(answer: input) {
            guard message.sequence > 0 else { return "a message without a number" }
        }
        return nil
    }
}
