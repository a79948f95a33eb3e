internal import BridgeBytes
package import BridgeSockets
public import BridgeTLS
internal import HTTPWire

/// How an `HTTPClient` behaves. Each limit has its reason beside it.
///
/// The times are those of one attempt; all attempts at one payload together are bounded by
/// `RetryPolicy`. A limit of no time or less, a count below one and a name that is no field value
/// are refused when the client is made; more than a century counts as a century.
public struct HTTPClientOptions: Sendable, Hashable {
    /// Longest time to reach one of the host's addresses: 10 s.
    public var connectTimeout = Duration.seconds(10)
    /// Longest time from the end of the request to the first byte of the answer: 30 s. A longer one
    /// than `headTimeout` has no effect.
    public var firstByteTimeout = Duration.seconds(30)
    /// Longest time from the end of the request to the end of the answer's head, interim answers
    /// included: 30 s. Progress does not put it off: a head is small, and a peer that sends it
    /// byte by byte would otherwise hold its reader for ever.
    public var headTimeout = Duration.seconds(30)
    /// Longest time without progress while a body moves: 60 s. It bounds stalls, not sizes. The
    /// time that a slow reader takes does not count.
    public var idleTimeout = Duration.seconds(60)
    /// Lowest rate of a body, either way, in bytes a second over each `rateWindow`: 1 KiB/s, below
    /// any line that is of use, above a peer that only wants to be waited for. 0 for none. The
    /// time that a slow reader takes does not count.
    public var leastRate = 1 << 10
    /// How long a body may be below that rate before it fails: 30 s.
    public var rateWindow = Duration.seconds(30)
    /// Longest time for a whole exchange, the wait for a connection included; nil for no bound.
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
    /// The User-Agent field: the library and its version.
    public var userAgent = "natsbridge/\(LibraryVersion.current)"
    /// Whom the client trusts at `https` URLs, and what it shows of itself. The names of
    /// certificates are compared with the host of each URL; HTTP/1.1 is what is offered (ALPN).
    public var tls = TLSConfiguration()
    /// A proxy for plain HTTP to what is not on this machine; nil: none.
    public var proxy: HTTPProxy?
    /// A proxy that `https` URLs of what is not on this machine are reached through, by a tunnel
    /// that it makes to the host (CONNECT; RFC 9110, section 9.3.6); nil: none. TLS is with the
    /// host: the proxy sees its name and how much passes.
    public var tunnel: HTTPProxy?
    /// What the system is asked with; for tests of its failures.
    package var systemCalls = SystemCalls()

    /// Creates the defaults.
    public init() {}
}

extension HTTPClientOptions {
    /// A mapped file for a large body; nil where private memory will do, or must.
    func mappedPlace(for size: Int) async -> ByteRegion? {
        guard size >= mappedBodySize else { return nil }
        return await BlockingPool.shared.run {
            MappedMemory.temporaryFile(count: size, in: temporaryFolder, calls: systemCalls)
        }
    }

    /// TLS as connections have it.
    var connectionTLS: TLSConfiguration {
        var configuration = tls
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    /// What cannot be meant, as a sentence; nil when the options are fit for use.
    var problem: String? {
        let times = [
            ("connectTimeout", connectTimeout), ("firstByteTimeout", firstByteTimeout),
            ("headTimeout", headTimeout), ("idleTimeout", idleTimeout),
            ("rateWindow", rateWindow), ("totalTimeout", totalTimeout ?? .seconds(1)),
        ]
        if let (name, time) = times.first(where: { $0.1 <= .zero }) {
            return "\(name) is \(time), but must be more than nothing"
        }
        if idleConnectionTimeout < .zero {
            return "idleConnectionTimeout is \(idleConnectionTimeout), but must not be negative"
        }
        let counts = [
            ("connectionsPerOrigin", connectionsPerOrigin, 1), ("bodyHighWater", bodyHighWater, 1),
            ("mappedBodySize", mappedBodySize, 0), ("leastRate", leastRate, 0),
        ]
        if let (name, count, least) = counts.first(where: { $0.1 < $0.2 }) {
            return "\(name) is \(count), but must be at least \(least)"
        }
        return FieldList.isValidValue(userAgent) && !userAgent.isEmpty
            ? nil : "userAgent is not fit for a field"
    }

    /// The same with times that can be added to a clock's.
    var bounded: HTTPClientOptions {
        var options = self
        options.connectTimeout = connectTimeout.clampedForClocks
        options.firstByteTimeout = firstByteTimeout.clampedForClocks
        options.headTimeout = headTimeout.clampedForClocks
        options.idleTimeout = idleTimeout.clampedForClocks
        options.rateWindow = rateWindow.clampedForClocks
        options.totalTimeout = totalTimeout?.clampedForClocks
        options.idleConnectionTimeout = idleConnectionTimeout.clampedForClocks
        return options
    }
}
