public import BridgeBytes
package import BridgeSockets
public import BridgeTLS
internal import HTTPWire

/// How a file server behaves.
///
/// What makes no sense is refused when the server starts: times of nothing or less, negative
/// sizes, a port above 65535, an address for links that is no URL. More than a century counts as
/// a century.
public struct FileServerOptions: Sendable {
    /// The folder for everything that is stored; created if need be, its parent must exist.
    public var directory: String
    /// The IP address to listen on. Without `tls` it should be a private one, or stand behind a
    /// reverse proxy.
    public var host = "127.0.0.1"
    /// The port; 0 for a free one.
    public var port = 0
    /// A TCP socket that listens already, as a service manager hands one over; `host` and `port`
    /// count for nothing then. The server closes it when it stops.
    public var inheritedSocket: Int32?
    /// What the server is by TLS, and whether its clients must have certificates; nil: it speaks
    /// plain HTTP. HTTP/1.1 is what it chooses (ALPN).
    public var tls: TLSServerConfiguration?
    /// How receivers reach the server, such as `https://files.example`, when that is not
    /// `http://host:port`. It goes into the URLs of answers.
    public var publicBaseURL: String?
    /// Names under which senders and receivers may both know the server, such as `files.example`
    /// or `files.example:9000`; without a port, any port. An upload that was sent to one of them
    /// gets a link with that name; the server's own address, and `localhost` on the loopback,
    /// are always among them. Where the server listens on all addresses (`0.0.0.0`, `::`), these
    /// or `publicBaseURL` must be given.
    public var allowedHosts: [String] = []
    /// Origins, such as `https://dash.example`, whose pages may read files in browsers (CORS).
    public var browserOrigins: [String] = []
    /// What uploads must bring as `Authorization: Bearer`; nil: anybody who reaches the server may
    /// upload. 16 to 128 letters, digits and `-._~`; a secret, so it travels over TLS or at home.
    public var uploadToken: String?
    /// With what, as `Authorization: Bearer`, everything may be deleted, whoever uploaded it: for
    /// receivers that remove what they have taken (`BridgeWorkOptions.removesPayloads`). Nil: only
    /// with the token of the upload. The same form, and a secret as well.
    public var deleteToken: String?
    /// Whether links carry a signature, and whether reading needs one: `off`.
    public var linkSigning = LinkSigning.off
    /// What links are signed with, secrets like the tokens and of the same form: the first signs,
    /// and each is taken, at most 8. None: a secret that is kept in the folder.
    public var linkKeys: [String] = []
    /// The longest time that a signed link holds; nil: as long as its file. Whoever has the
    /// upload's token gets another one by HEAD, as long as there is the file.
    public var linkTimeToLive: Duration?
    /// How long an upload lives when it does not say so itself: a day.
    public var timeToLive: Duration = .seconds(86_400)
    /// The longest life that an upload may ask for: 30 days. A longer wish is cut to that.
    public var maximumTimeToLive: Duration = .seconds(30 * 86_400)
    /// How long after its expiry an identifier is answered with 410 rather than 404: a day.
    public var tombstoneTime: Duration = .seconds(86_400)
    /// How often expired files are looked for: every ten minutes.
    public var sweepInterval: Duration = .seconds(600)
    /// How long an upload that was announced, or was cut after that, is waited for: 15 seconds.
    public var arrivalPatience: Duration = .seconds(15)
    /// Largest file in bytes; a larger one is answered with 413. 10 GB, as Plik has it.
    public var maximumFileSize = 10_000_000_000
    /// Most bytes that all files may take together; beyond that the answer is 507.
    public var maximumStoredBytes = 100_000_000_000
    /// Most files that may be stored; beyond that the answer is 507.
    public var maximumStoredFiles = Int.max
    /// Most files and bytes that may come from one address (in IPv6: from one network of 64
    /// bits); beyond that the answer is 429. No limit, since behind a proxy all have one address.
    public var quotaPerAddress = StorageQuota.none
    /// Most files and bytes below `/f`; beyond that the answer is 507.
    public var nativeQuota = StorageQuota.none
    /// Most files and bytes below `/file`, where those of Plik are; beyond that the answer is 507.
    public var plikQuota = StorageQuota.none
    /// Most files of one upload of Plik; one more is answered with 507. 1000, as Plik has it.
    public var maximumPlikFiles = 1000
    /// Most connections at a time; one more is answered with 503. There are fewer where the
    /// process may not have two descriptors for each of them.
    public var maximumConnections = 1000
    /// Most connections at a time from one address; one more is answered with 503. Nil: seven
    /// eighths of all, so that nobody keeps all others out.
    public var maximumConnectionsPerAddress: Int?
    /// Longest time for the head of a request; then 408.
    public var headTimeout: Duration = .seconds(30)
    /// Longest silence inside a body, in either direction.
    public var idleTimeout: Duration = .seconds(60)
    /// Longest wait for another request on a connection.
    public var keepAliveTimeout: Duration = .seconds(75)
    /// Lowest average rate of a body in bytes a second, after the first 20 seconds; 0 counts as 1.
    public var minimumRate = 500
    /// Whether an upload is on the disk, and not only in the page cache, before it is answered.
    /// Without that, a power failure can lose files that were answered with 201.
    public var isDurable = true
    /// Most bytes of uploads of a mebibyte and more that are kept in private memory, in pages of
    /// 2 MiB, and answered from there: none. What was read longest ago makes room. Where
    /// `isDurable` is false, such an upload is answered before it is written at all, and written a
    /// second later: until then it is lost with the process, unless that ends by `drain` or `stop`.
    public var memory = 0
    /// Whether the calls of Plik, which the peers in other languages make, are answered.
    public var servesPlik = true
    /// The digest that is taken of every file beside XXH64, which is always taken: `sha256` is also
    /// told to receivers (`Repr-Digest`), and costs about 2.5 seconds for each gigabyte.
    /// Uploads that state their SHA-256 digest have it checked and told in any case.
    public var digest = ChecksumAlgorithm.xxh64
    /// How often all files are read through and compared with their digests: every day.
    public var scrubInterval: Duration = .seconds(86_400)
    /// Bytes a second that the scrub reads on average: 50 MB.
    public var scrubRate = 50_000_000
    /// Where requests are told of when they are over, and files that are found damaged: `info`,
    /// and `warning` where the server failed. Nil: nowhere.
    public var log: LogSink?
    /// The time of day; for tests of expiry.
    public var now: @Sendable () -> Timestamp = { WallClock.now }
    /// What the system is asked with; for tests of its failures.
    package var systemCalls = SystemCalls()

    /// The defaults, for a folder, and an address to listen on; port 0 is a free one.
    public init(directory: String, host: String = "127.0.0.1", port: Int = 0) {
        self.directory = directory
        self.host = host
        self.port = port
    }
}

extension FileServerOptions {
    /// Whether nothing says what links begin with.
    package var wantsName: Bool {
        let address =
            inheritedSocket.map { InheritedSocket.address(of: $0) }
            ?? Address(numericHost: host, port: 0)
        return publicBaseURL == nil && allowedHosts.isEmpty && address?.isWildcard == true
    }

    /// What cannot be meant, as a sentence; nil when the options are fit for use.
    var problem: String? {
        let times = [
            ("timeToLive", timeToLive), ("maximumTimeToLive", maximumTimeToLive),
            ("sweepInterval", sweepInterval), ("scrubInterval", scrubInterval),
            ("linkTimeToLive", linkTimeToLive ?? timeToLive), ("headTimeout", headTimeout),
            ("arrivalPatience", arrivalPatience),
            ("idleTimeout", idleTimeout), ("keepAliveTimeout", keepAliveTimeout),
        ]
        if let (name, time) = times.first(where: { $0.1 <= .zero }) {
            return "\(name) is \(time), but must be more than nothing"
        }
        if tombstoneTime < .zero {
            return "tombstoneTime is \(tombstoneTime), but must not be negative"
        }
        let counts = [
            ("port", port, 0), ("maximumFileSize", maximumFileSize, 0), ("memory", memory, 0),
            ("maximumStoredBytes", maximumStoredBytes, 0),
            ("maximumStoredFiles", maximumStoredFiles, 0),
            ("quotaPerAddress.bytes", quotaPerAddress.bytes, 0),
            ("quotaPerAddress.files", quotaPerAddress.files, 0),
            ("nativeQuota.bytes", nativeQuota.bytes, 0),
            ("nativeQuota.files", nativeQuota.files, 0),
            ("plikQuota.bytes", plikQuota.bytes, 0), ("plikQuota.files", plikQuota.files, 0),
            ("maximumPlikFiles", maximumPlikFiles, 0), ("scrubRate", scrubRate, 1),
            ("maximumConnections", maximumConnections, 1), ("minimumRate", minimumRate, 0),
            ("maximumConnectionsPerAddress", maximumConnectionsPerAddress ?? 1, 1),
        ]
        if let (name, count, least) = counts.first(where: { $0.1 < $0.2 }) {
            return "\(name) is \(count), but must be at least \(least)"
        }
        if port > 65_535 { return "port is \(port), but must be at most 65535" }
        if let publicBaseURL {
            guard let url = try? HTTPURL(publicBaseURL) else {
                return "publicBaseURL is not an HTTP URL"
            }
            guard !url.hasUserInfo, url.query == nil else {
                return "publicBaseURL has credentials or a query, which links must not have"
            }
        }
        for (name, token) in [("uploadToken", uploadToken), ("deleteToken", deleteToken)] {
            guard let token, !AccessTokens.isFit(token) else { continue }
            return "\(name) must have 16 to 128 letters, digits and -._~"
        }
        if let problem = LinkSeals.problem(with: linkKeys) { return problem }
        if let host = allowedHosts.first(where: { LinkNames.Host($0) == nil }) {
            return "allowedHosts has \"\(host)\", which is no name of a host"
        }
        if let origin = browserOrigins.first(where: { BrowserAccess.normalized($0) == nil }) {
            return "browserOrigins has \"\(origin)\", which is no origin such as http://a.example"
        }
        if wantsName {
            return "the server listens on all addresses, none of which can stand in a link: "
                + "publicBaseURL or allowedHosts must be given"
        }
        return nil
    }

    /// The same with times that can be added to a clock's.
    var bounded: FileServerOptions {
        var options = self
        options.timeToLive = timeToLive.clampedForClocks
        options.maximumTimeToLive = maximumTimeToLive.clampedForClocks
        options.linkTimeToLive = linkTimeToLive?.clampedForClocks
        options.tombstoneTime = tombstoneTime.clampedForClocks
        options.sweepInterval = sweepInterval.clampedForClocks
        options.scrubInterval = scrubInterval.clampedForClocks
        options.arrivalPatience = arrivalPatience.clampedForClocks
        options.headTimeout = headTimeout.clampedForClocks
        options.idleTimeout = idleTimeout.clampedForClocks
        options.keepAliveTimeout = keepAliveTimeout.clampedForClocks
        return options
    }

    /// How slow clients may be.
    var pace: ConnectionPace.Limits {
        var pace = ConnectionPace.Limits()
        pace.head = headTimeout
        pace.idle = idleTimeout
        pace.keepAliveIdle = keepAliveTimeout
        pace.minimumRate = minimumRate
        return pace
    }

    var quotas: RoomLedger.Quotas {
        RoomLedger.Quotas(
            folder: StorageQuota(bytes: maximumStoredBytes, files: maximumStoredFiles),
            native: nativeQuota, plik: plikQuota, address: quotaPerAddress,
            plikUploadFiles: maximumPlikFiles)
    }
}

extension FileServerOptions: CustomStringConvertible, CustomReflectable {
    /// Where it listens and stores; no token.
    public var description: String { "FileServerOptions(\(directory), \(host):\(port))" }

    /// The same: what is dumped shows no token either.
    public var customMirror: Mirror {
        Mirror(self, children: ["directory": directory, "host": host, "port": port])
    }
}
