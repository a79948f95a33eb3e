internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// What a key-value bucket keeps, where, and for how long (ADR-8).
///
/// A limit that is nil is no limit.
public struct KeyValueConfiguration: Sendable, Hashable {
    /// The name of the bucket: letters, digits, `-` and `_`.
    public var bucket: String
    /// A sentence for people, which the server keeps; nil: none.
    public var description: String?
    /// How many values of a key are kept, 1 to 64.
    public var history = 1
    /// Age at which a value is removed.
    public var timeToLive: Duration?
    /// How long a marker stands where a value has expired by itself, so that watchers hear of it;
    /// nil: there is none. One second at least; cannot be switched off again. Lets `create` and
    /// `purge` say how long a key lives, which is then no less than this (server 2.11).
    public var limitMarkerTTL: Duration?
    /// Largest value in bytes, with its headers.
    public var maxValueSize: Int?
    /// Most bytes in the bucket; a write that does not fit is refused.
    public var maxBytes: Int?
    /// Where values are kept.
    public var storage = StreamConfiguration.Storage.file
    /// Whether blocks of files are compressed.
    public var isCompressed = false
    /// Number of servers that hold a copy.
    public var replicas = 1
    /// On which servers the bucket is put; nil: the cluster chooses.
    public var placement: Placement?
    /// Where every change is published again after it was stored; nil: nowhere.
    public var republish: Republish?
    /// The bucket that this one is a copy of, named without `KV_`; reads come from here and writes
    /// go there.
    public var mirror: StreamSource?
    /// Buckets whose entries are copied into this one, named without `KV_`. One with transforms is
    /// taken as it is, its name included.
    public var sources: [StreamSource] = []
    /// Anything the owner wants to note down.
    public var metadata: [String: String] = [:]

    /// A bucket in files that keeps one value of each key.
    public init(bucket: String) { self.bucket = bucket }

    /// The most values of a key that a bucket keeps.
    public static let mostHistory = 64
    /// The longest time in which a repeated write is recognised.
    private static let longestWindow = Duration.seconds(120)
}

extension KeyValueConfiguration {
    /// - Throws: `JetStreamError` with `invalidArgument`, which names the setting.
    func check(_ operation: String) throws(JetStreamError) {
        try KeyGrammar.check(bucket: bucket, operation)
        var fault: String?
        if !(1...Self.mostHistory).contains(history) {
            fault = "history is 1 to \(Self.mostHistory), not \(history)"
        } else if let limitMarkerTTL, limitMarkerTTL < .seconds(1) {
            fault = "limitMarkerTTL is at least one second; nil is none"
        } else if mirror != nil && (limitMarkerTTL != nil || !sources.isEmpty) {
            fault = "a mirror has neither limit markers nor sources"
        }
        guard let fault else { return }
        throw JetStreamError(
            .invalidArgument, operation: operation, stream: KeyGrammar.stream(bucket),
            detail: fault)
    }

    /// Sets what this says of a stream; everything else stays.
    func apply(to stream: inout StreamConfiguration) {
        stream.description = description
        stream.maxMessagesPerSubject = history
        stream.maxAge = timeToLive
        stream.duplicateWindow = timeToLive.map { min($0, Self.longestWindow) }
        stream.maxMessageSize = maxValueSize
        stream.maxBytes = maxBytes
        stream.storage = storage
        stream.compression = isCompressed ? .s2 : .none
        stream.replicas = replicas
        stream.placement = placement
        stream.republish = republish
        stream.metadata = metadata
        (stream.discard, stream.deniesDelete, stream.allowsRollup) = (.new, true, true)
        stream.allowsDirectGet = true
        if let limitMarkerTTL {
            (stream.deleteMarkerTTL, stream.allowsMessageTTL) = (limitMarkerTTL, true)
        }
        if var mirror {
            mirror.name = KeyGrammar.stream(mirror.name)
            (stream.mirror, stream.allowsMirrorDirectGet) = (mirror, true)
            stream.subjects = []
        } else {
            stream.mirror = nil
        }
        stream.sources = sources.map { source in
            guard source.transforms.isEmpty else { return source }
            var source = source
            let from =
                source.name.hasPrefix(KeyGrammar.streamPrefix)
                ? String(source.name.dropFirst(KeyGrammar.streamPrefix.count)) : source.name
            source.name = KeyGrammar.stream(source.name)
            let everything = try? SubjectPattern("$KV.\(from).>")
            source.transforms = [SubjectTransform(everything, to: "$KV.\(bucket).>")]
            return source
        }
    }

    /// The stream of a new bucket.
    func newStream(_ operation: String) throws(JetStreamError) -> StreamConfiguration {
        let subject = try KeyGrammar.pattern(">", of: bucket, operation)
        var stream = StreamConfiguration(name: KeyGrammar.stream(bucket), subjects: [subject])
        apply(to: &stream)
        return stream
    }

    /// What a stream says of its bucket.
    init(_ stream: StreamConfiguration) {
        self.init(bucket: KeyGrammar.bucket(stream.name) ?? stream.name)
        description = stream.description
        history = stream.maxMessagesPerSubject ?? 1
        timeToLive = stream.maxAge
        limitMarkerTTL = stream.deleteMarkerTTL
        maxValueSize = stream.maxMessageSize
        maxBytes = stream.maxBytes
        storage = stream.storage
        isCompressed = stream.compression == .s2
        replicas = stream.replicas
        placement = stream.placement
        republish = stream.republish
        mirror = stream.mirror.map(Self.withoutPrefix)
        sources = stream.sources.map { $0.transforms.isEmpty ? Self.withoutPrefix($0) : $0 }
        metadata = stream.metadata.filter { !$0.key.hasPrefix("_nats.") }
    }

    private static func withoutPrefix(_ source: StreamSource) -> StreamSource {
        var source = source
        source.name = KeyGrammar.bucket(source.name) ?? source.name
        return source
    }
}
