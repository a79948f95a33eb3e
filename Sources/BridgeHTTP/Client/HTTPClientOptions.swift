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
    /// Collected bodies of a known length from this size on, in bytes, are large: 64 MiB. They lie
    /// in private memory of huge pages while `privateBodyMemory` has room for them, and in a mapped
    /// temporary file otherwise, which costs page cache in place of private memory.
    public var mappedBodySize = 64 << 20
    /// Most private memory in bytes that the large bodies of all clients of this process may take
    /// together for one of this client's to lie there, too: 1 GiB, or half of what the process may
    /// have where that is less. With 0 each large body lies in a file.
    public var privateBodyMemory = min(1 << 30, MemoryLimit.current / 2)
    /// How long the memory of a large body is kept for the next one when nobody holds its bytes any
    /// longer: 5 minutes; none: not at all. One piece is kept in a process, and the system takes it
    /// away earlier where it is short of memory.
    public var keptBodyTime = Duration.seconds(300)
    /// The folder of the files, which have no names there: `/var/tmp`. Where it cannot be used, has
    /// no room, or is memory itself (tmpfs), large bodies lie in private memory all the same.
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
    /// Where large bodies lie.
    package var largeMemory = LargeMemory.shared

    /// Creates the defaults.
    public init() {}
}

extension HTTPClientOptions {
    /// Memory for a large body; nil for one that is none, and where there is no memory.
    func largePlace(for size: Int) async -> ByteRegion? {
        guard size >= mappedBodySize else { return nil }
        if let region = privatePlace(for: size, within: privateBodyMemory) { return region }
        let mapped = await BlockingPool.shared.run {
            MappedMemory.temporaryFile(count: size, in: temporaryFolder, calls: systemCalls)
        }
        return mapped ?? privatePlace(for: size, within: .max)
    }

    private func privatePlace(for size: Int, within budget: Int) -> ByteRegion? {
        largeMemory.region(size, within: budget, keeping: keptBodyTime)
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
        if keptBodyTime < .zero {
            return "keptBodyTime is \(keptBodyTime), but must not be negative"
        }
        let counts = [
            ("connectionsPerOrigin", connectionsPerOrigin, 1), ("bodyHighWater", bodyHighWater, 1),
            ("mappedBodySize", mappedBodySize, 0), ("leastRate", leastRate, 0),
            ("privateBodyMemory", privateBodyMemory, 0),
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
        options.keptBodyTime = keptBodyTime.clampedForClocks
        return options
    }
}
