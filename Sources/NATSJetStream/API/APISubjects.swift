internal import BridgeBytes
internal import NATSWire

/// The subjects of the JetStream API.
struct APISubjects: Sendable, Hashable {
    /// `$JS.API`, `$JS.<domain>.API`, or an account's own prefix.
    let prefix: String

    /// Whether the prefix makes subjects; a context or the user may name any text.
    var isUsable: Bool { (try? Subject(prefix)) != nil }

    var accountInfo: Subject { Subject(received: Bytes(utf8: "\(prefix).INFO")) }

    var streamList: Subject { Subject(received: Bytes(utf8: "\(prefix).STREAM.LIST")) }

    var streamNames: Subject { Subject(received: Bytes(utf8: "\(prefix).STREAM.NAMES")) }

    func streamCreate(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.CREATE", [stream])
    }

    func streamUpdate(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.UPDATE", [stream])
    }

    func streamInfo(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.INFO", [stream])
    }

    func streamDelete(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.DELETE", [stream])
    }

    func streamPurge(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.PURGE", [stream])
    }

    func messageGet(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.MSG.GET", [stream])
    }

    func messageDelete(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("STREAM.MSG.DELETE", [stream])
    }

    func consumerList(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.LIST", [stream])
    }

    func consumerNames(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.NAMES", [stream])
    }

    func directGet(_ stream: String) throws(JetStreamError) -> Subject {
        try subject("DIRECT.GET", [stream])
    }

    /// The form that reads the last message of a subject with one short request.
    func directGet(_ stream: String, lastOn last: Subject) throws(JetStreamError) -> Subject {
        try subject("DIRECT.GET", [stream], tail: last.text)
    }

    /// The form of server 2.9 and later: permissions can be given for a filter.
    func consumerCreate(
        _ stream: String, _ consumer: String, filter: SubjectPattern?
    ) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.CREATE", [stream, consumer], tail: filter?.text)
    }

    func consumerInfo(_ stream: String, _ consumer: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.INFO", [stream, consumer])
    }

    func consumerDelete(_ stream: String, _ consumer: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.DELETE", [stream, consumer])
    }

    func consumerPause(_ stream: String, _ consumer: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.PAUSE", [stream, consumer])
    }

    func consumerUnpin(_ stream: String, _ consumer: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.UNPIN", [stream, consumer])
    }

    func consumerReset(_ stream: String, _ consumer: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.RESET", [stream, consumer])
    }

    func nextMessage(_ stream: String, _ consumer: String) throws(JetStreamError) -> Subject {
        try subject("CONSUMER.MSG.NEXT", [stream, consumer])
    }

    private func subject(
        _ operation: String, _ names: [String], tail: String? = nil
    ) throws(JetStreamError) -> Subject {
        for name in names { try Self.check(name, operation) }
        let text = ([prefix, operation] + names + (tail.map { [$0] } ?? [])).joined(separator: ".")
        // A filter may hold wildcards, which the server expects in this subject; the pattern's
        // own check has seen to everything else.
        do throws(SubjectError) {
            return tail == nil
                ? try Subject(text) : Subject(received: try SubjectPattern(text).bytes)
        } catch {
            throw JetStreamError(.invalidArgument, operation: operation, detail: error.detail)
        }
    }

    /// Longest name of a stream or consumer in bytes.
    static let maxName = 255

    /// The grammar of names (ADR-6).
    static func check(_ name: String, _ operation: String) throws(JetStreamError) {
        guard !name.isEmpty, name.utf8.count <= maxName else {
            throw JetStreamError(
                .invalidArgument, operation: operation,
                detail: "a name has 1 to \(maxName) bytes, not \(name.utf8.count)")
        }
        for byte in name.utf8 where byte <= 0x20 || byte == 0x7F || ".*>/\\".utf8.contains(byte) {
            throw JetStreamError(
                .invalidArgument, operation: operation,
                detail: "a name holds no blank, control character, dot, *, >, / or \\")
        }
    }
}
