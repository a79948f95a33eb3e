/// How an `HTTPClient` behaves. Each limit has its reason beside it.
public struct HTTPClientOptions: Sendable, Hashable {
    /// Most time to reach one of the host's addresses: 10 s.
    public var connectTimeout = Duration.seconds(10)
    /// Most time from the end of the request to the first byte of the answer: 30 s.
    public var firstByteTimeout = Duration.seconds(30)
    /// Most time without progress while a body moves: 60 s. It bounds stalls, not sizes: a slow
    /// transfer of any length passes. The time that a slow reader takes does not count.
    public var idleTimeout = Duration.seconds(60)
    /// Most time for a whole exchange; nil for no bound.
    public var totalTimeout: Duration?
    /// Most connections to one origin, busy ones included: 8. Further requests wait their turn.
    public var connectionsPerOrigin = 8
    /// How long an unused connection is kept: 30 s, less than servers keep theirs.
    public var idleConnectionTimeout = Duration.seconds(30)
    /// Bytes of a body that may wait for their reader before reading from the peer stops: 1 MiB.
    public var bodyHighWater = 1 << 20
    /// Collected bodies of a known length from this size on, in bytes, lie in a mapped temporary
    /// file: 64 MiB. They cost page cache then, not private memory, and as little processor time
    /// (measured: 0.15-0.35 s for 500 MB, where fresh private memory took 0.1-1.3 s).
    public var mappedBodySize = 64 << 20
    /// The folder of those files, which have no names there: `/var/tmp`. Where it cannot be used,
    /// or has no room, bodies lie in private memory.
    public var temporaryFolder = "/var/tmp"
    /// The User-Agent field.
    public var userAgent = "natsbridge"

    /// Creates the defaults.
    public init() {}
}
