internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// What an object store keeps, where, and for how long (ADR-20).
///
/// A limit that is nil is no limit.
public struct ObjectStoreConfiguration: Sendable, Hashable {
    /// The name of the store: letters, digits, `-` and `_`.
    public var bucket: String
    /// A sentence for people, which the server keeps; nil: none.
    public var description: String?
    /// Age at which an object is removed.
    public var timeToLive: Duration?
    /// Most bytes in the store; replacing an object needs room for both.
    public var maxBytes: Int?
    /// Where objects are kept.
    public var storage = StreamConfiguration.Storage.file
    /// Whether blocks of files are compressed.
    public var isCompressed = false
    /// Number of servers that hold a copy.
    public var replicas = 1
    /// On which servers the store is put; nil: the cluster chooses.
    public var placement: Placement?
    /// Anything the owner wants to note down.
    public var metadata: [String: String] = [:]

    /// A store in files with no limits.
    public init(bucket: String) { self.bucket = bucket }
}

extension ObjectStoreConfiguration {
    /// Sets what this says of a stream; everything else stays.
    func apply(to stream: inout StreamConfiguration) {
        stream.description = description
        stream.maxAge = timeToLive
        stream.maxBytes = maxBytes
        stream.storage = storage
        stream.compression = isCompressed ? .s2 : .none
        stream.replicas = replicas
        stream.placement = placement
        stream.metadata = metadata
        (stream.discard, stream.allowsRollup, stream.allowsDirectGet) = (.new, true, true)
    }

    /// The stream of a new store.
    func newStream() throws(JetStreamError) -> StreamConfiguration {
        try ObjectNames.check(bucket: bucket, "object store create")
        let names = ObjectNames(bucket: bucket)
        var stream = StreamConfiguration(
            name: names.stream, subjects: [names.chunks, names.infos])
        apply(to: &stream)
        return stream
    }

    /// What a stream says of its store.
    init(_ stream: StreamConfiguration) {
        self.init(bucket: ObjectNames.bucket(stream.name) ?? stream.name)
        description = stream.description
        timeToLive = stream.maxAge
        maxBytes = stream.maxBytes
        storage = stream.storage
        isCompressed = stream.compression == .s2
        replicas = stream.replicas
        placement = stream.placement
        metadata = stream.metadata.filter { !$0.key.hasPrefix("_nats.") }
    }
}
