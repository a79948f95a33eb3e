internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// Values by their keys, kept in a stream of their own (ADR-8).
///
/// It is a name at the server and holds no connection state: it may be copied freely, and other
/// programs, in any language, may use it at the same time.
///
///     let settings = try await client.jetStream.createKeyValue(
///         KeyValueConfiguration(bucket: "settings"))
///     try await settings.put("blue", for: "theme.color")
///     print(try await settings.get("theme.color")?.text ?? "no color")
///
/// Besides the codes that it names, every call may throw what every call of the API may (see
/// `JetStream`).
public struct KeyValueBucket: Sendable, CustomStringConvertible {
    /// JetStream, as it reaches the bucket.
    public let jetStream: JetStream
    /// The name of the bucket.
    public let name: String
    /// The stream under it.
    public let streamName: String
    /// Who answers when a value is read. A replica may be a moment behind what was acknowledged;
    /// where that matters, say `leader`.
    public var reader = MessageReader.anyReplica
    /// What stands before a key where it is stored: the origin's, for a mirror.
    let storedPrefix: String
    /// What stands before a key where it is written.
    let writtenPrefix: String
    /// Bytes of a key that can be written and read again: both have it in a subject.
    private let longestKey: Int

    init(_ jetStream: JetStream, _ stream: StreamConfiguration) {
        self.jetStream = jetStream
        streamName = stream.name
        name = KeyGrammar.bucket(stream.name) ?? stream.name
        let origin = stream.mirror.map { KeyGrammar.bucket($0.name) ?? $0.name }
        storedPrefix = "$KV.\(origin ?? name)."
        if let external = stream.mirror?.external {
            writtenPrefix = "\(external.apiPrefix).\(storedPrefix)"
        } else {
            writtenPrefix = (jetStream.isOwnAPI ? "" : jetStream.apiPrefix + ".") + storedPrefix
        }
        // The longest subject with a key in it makes a consumer.
        let asked = "\(jetStream.apiPrefix).CONSUMER.CREATE.\(stream.name)..\(storedPrefix)"
        longestKey =
            WireLimits.maxSubject - Self.consumerName
            - max(writtenPrefix.utf8.count, asked.utf8.count)
    }

    /// No name of a consumer of ours is longer.
    private static let consumerName = 64

    /// The name.
    public var description: String { "KeyValueBucket(\(name))" }

    /// What the bucket is and holds.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Throws: `JetStreamError` with `streamNotFound` when it is gone, and what every call may
    ///   throw.
    public func status() async throws(JetStreamError) -> KeyValueStatus {
        KeyValueStatus(info: try await jetStream.streamInfo(streamName))
    }

    func check(_ key: String, _ operation: String) throws(JetStreamError) {
        try KeyGrammar.check(key: key, operation)
        guard key.utf8.count <= longestKey else {
            throw JetStreamError(
                .invalidArgument, operation: operation,
                detail: "a key of \(key.utf8.count) bytes; here it has \(longestKey) at most")
        }
    }

    /// The subject of a key as it is stored.
    func stored(_ key: String, _ operation: String) throws(JetStreamError) -> Subject {
        try check(key, operation)
        return Subject(received: Bytes(utf8: storedPrefix + key))
    }

    /// The subject of a key as it is written.
    func written(_ key: String, _ operation: String) throws(JetStreamError) -> Subject {
        try check(key, operation)
        return Subject(received: Bytes(utf8: writtenPrefix + key))
    }

    /// The subjects of keys, by patterns that do not cover each other.
    func stored(
        patterns: [String], _ operation: String
    ) throws(JetStreamError) -> [SubjectPattern] {
        var subjects: [SubjectPattern] = []
        let origin = String(storedPrefix.dropFirst("$KV.".count).dropLast())
        for pattern in KeyGrammar.distinct(patterns.isEmpty ? [">"] : patterns) {
            subjects.append(try KeyGrammar.pattern(pattern, of: origin, operation))
        }
        return subjects
    }

    /// The key of a subject as it is stored; the subject where it is none of this bucket's, as
    /// what is copied from elsewhere without a transform.
    func key(_ subject: Subject) -> String {
        let (bytes, prefix) = (subject.bytes, storedPrefix.utf8)
        guard bytes.count > prefix.count, bytes[0..<prefix.count].elementsEqual(prefix) else {
            return subject.text
        }
        return String(repairing: bytes[prefix.count..<bytes.count])
    }
}

/// What a bucket is and holds.
public struct KeyValueStatus: Sendable, Hashable {
    /// The stream under it.
    public let info: StreamInfo

    /// The bucket's configuration.
    public var configuration: KeyValueConfiguration { KeyValueConfiguration(info.configuration) }
    /// Number of values and marks, history included.
    public var values: UInt64 { info.state.messages }
    /// Size of all of them in bytes, as they are stored.
    public var bytes: UInt64 { info.state.bytes }
    /// Number of the last change.
    public var revision: UInt64 { info.state.lastSequence }
}
