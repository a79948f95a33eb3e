public import ArrowIPC
public import BridgeBytes
public import BridgeClaims
internal import BridgeEnvelope
public import NATSCore
public import NATSWire

/// What a bridge is made of, and its limits.
public struct BridgeOptions: Sendable {
    /// How to connect to NATS.
    public var client: NATSClientOptions
    /// Where large payloads go; nil: nowhere, and what does not fit a message fails.
    public var store: (any ClaimStore)?
    /// Serialized size in bytes from which a payload goes by link. 1,000,000 as in the peers;
    /// whatever it says, nothing larger than the server's `max_payload` is written.
    public var threshold = 1_000_000
    /// How long an uploaded payload lives at the store, unless it is deleted before. A day: longer
    /// than most streams and their redeliveries.
    public var timeToLive: Duration = .seconds(86_400)
    /// The digest that is taken of uploads, for receivers to verify. The fast one notices
    /// corruption as well as the other; choose SHA-256 where peers ask for it.
    public var checksumAlgorithm = ChecksumAlgorithm.xxh64
    /// `sender_name` of what is sent.
    public var senderName = "natsbridge-swift"
    /// Largest payload in bytes that is downloaded: 2 GiB. `messageLimit` and `memoryBudget` are
    /// less by default.
    public var downloadLimit = ClaimDownload.defaultLimit
    /// Most bytes that everything which is being downloaded, or was and is not yet handed out,
    /// may hold together, mapped files included: 1 GiB. A message whose links do not fit waits.
    public var memoryBudget = 1 << 30
    /// What received tables may claim; see `ArrowLimits`. A table that claims more fails with
    /// `limit_exceeded`.
    public var arrowLimits = ArrowLimits.default
    /// Most bytes that the links of one message may have together: 768 MiB. What exceeds it fails
    /// with `too_large`, before anything is downloaded where the envelope says so.
    /// Never more than `memoryBudget`.
    public var messageLimit = 768 << 20
    /// How long a message waits for others to give back their part of `memoryBudget`, before its
    /// links fail with `memory_exhausted`.
    public var memoryWait: Duration = .seconds(300)
    /// When and how often a download is tried again.
    public var retry = RetryPolicy()
    /// Which links are followed; nil: only those of the configured store.
    public var linkPolicy: LinkPolicy?
    /// Most connections at a time for one payload of 64 MiB or more whose size and digest the
    /// envelope tells, where a single connection is slow and the store gives parts of one version;
    /// see `ClaimDownload.maxConnections`.
    public var maxDownloadConnections = ClaimDownload.defaultConnections
    /// Uploads of one message that run at the same time.
    public var maxParallelUploads = 4
    /// Where the stages of each flow are logged, and what happens to the connection, unless
    /// `client.log` says where that goes; nil: nowhere.
    public var log: LogSink?
    /// Puts the trace that the sending task is in into the headers of what is sent, where neither
    /// `SendOptions.traceContext` nor `SendOptions.headers` names one: the place for a tracer's
    /// `inject`. It is called once a message, in the task that sends. What came with a message
    /// stands in `Received.headers`, for a tracer's `extract`.
    public var inject: (@Sendable (inout Headers) -> Void)?

    /// A bridge with the default limits.
    public init(
        client: NATSClientOptions = NATSClientOptions(), store: (any ClaimStore)? = nil,
        log: LogSink? = nil
    ) {
        self.client = client
        self.store = store
        self.log = log
    }

    /// A bridge to servers, with the default limits; without a server, to the local one.
    public init(servers: [String], store: (any ClaimStore)? = nil, log: LogSink? = nil) {
        self.init(
            client: servers.isEmpty ? NATSClientOptions() : NATSClientOptions(servers: servers),
            store: store, log: log)
    }
}

extension BridgeOptions: CustomStringConvertible {
    /// The servers without credentials, the kind of the store, and the threshold.
    public var description: String {
        let servers = client.servers.map(Redaction.addresses).joined(separator: ", ")
        let place = store.map { "\(type(of: $0))" } ?? "no store"
        return "\(servers), \(place), links from \(threshold) bytes"
    }
}
