package import ArrowIPC
internal import BridgeHTTP
internal import BridgeSockets
package import NATSWire

/// Options that several commands share, and the settings that they and the environment give.
package struct CommonOptions: Sendable, Equatable {
    package static let defaultServer = "nats://127.0.0.1:4222"
    package static let defaultStore = "http://127.0.0.1:8080"
    /// How long to wait for a server's or a service's answer, unless said otherwise.
    package static let defaultTimeout = Duration.seconds(10)

    /// Largest `--max-retries`; with waits of any length it is as good as for ever.
    private static let mostRetries = 1_000_000
    /// Largest `--connections`: more of them take the link from others.
    private static let mostConnections = 8

    /// Of every command.
    package static let everywhere: [OptionSpecification] = [
        .flag("--json", "print JSON, one object per line"),
        .flag("--verbose", short: "-v", "print the trace of every stage to the standard error"),
        .flag("--help", short: "-h", "print this help"),
    ]

    /// Of commands that download links.
    package static let links: [OptionSpecification] =
        [
            .value(
                "--store", "URL",
                "the store for large payloads: http(s):// of serve, plik+http(s)://,"
                    + " dav+http(s)://, file:///FOLDER, nats-object://BUCKET or"
                    + " s3://BUCKET/PREFIX?endpoint=URL (else NATSBRIDGE_STORE, else"
                    + " \(defaultStore))"),
            .value(
                "--store-token", "TEXT",
                "what the store wants of those who upload or delete: a token, or USER:PASSWORD"
                    + " (else NATSBRIDGE_STORE_TOKEN)"),
            .value(
                "--allow-origin", "URL", repeats: true,
                "another origin that links may point to; may repeat"),
            .value(
                "--alias", "URL", repeats: true,
                "another name of the store: links there are fetched from it; may repeat"),
            .value(
                "--rewrite", "FROM=TO", repeats: true,
                "fetch links to the origin FROM from the origin TO; may repeat"),
            .flag(
                "--public-links", "follow links to public addresses, too, at ports 80, 443 and 8080"
            ),
            .value(
                "--connections", "N",
                "the most connections at a time for one payload of 64 MiB or more whose size is"
                    + " known, where a single one is slow: 1 to 8 (default 4)"),
            .value(
                "--private-memory", "BYTES",
                "the private memory that payloads of 64 MiB or more may take together; others lie"
                    + " in a file without a name (default 1GiB, or half of what there is)"),
            .flag("--no-proxy", "do not use the proxies that the environment names"),
            .flag("--plik", "the store is a Plik server"),
            timeoutOption,
            .value("--max-retries", "N", "how often a failed transfer is tried again (default 7)"),
            .value(
                "--base-delay", "TIME", "the longest wait before the first retry (default 100ms)"),
            .value("--max-delay", "TIME", "the longest wait before any retry (default 10s)"),
        ] + StoreTLSOptions.specifications

    /// Of commands that speak NATS: where the server is, and who we are to it.
    package static let connection: [OptionSpecification] =
        [
            .value(
                "--server", "URL", repeats: true,
                "the NATS server, or several with commas (else NATS_URL, else \(defaultServer));"
                    + " may repeat"),
            .value(
                "--context", "NAME",
                "server and credentials of a context of the nats tools (else NATS_CONTEXT, else"
                    + " the selected one)"),
        ] + CredentialOptions.specifications + TLSOptions.specifications + [
            .value(
                "--ws-header", "K=V", repeats: true,
                "a header for the opening of a WebSocket, also as 'K: V'; may repeat")
        ]

    /// Of commands that speak NATS and no more than that.
    package static let nats: [OptionSpecification] =
        connection + [timeoutOption, traceOption]

    private static let timeoutOption = OptionSpecification.value(
        "--timeout", "TIME", "how long to wait, such as 500ms, 10s, 2m")
    private static let traceOption = OptionSpecification.value(
        "--trace", "FILE",
        "write what crosses the wire to NATS into a file: a JSON line for each frame")

    /// Of commands that send or receive payloads.
    package static let bridge: [OptionSpecification] =
        connection + links + [
            .value(
                "--public-url", "URL",
                "what the store's links begin with, where receivers know it by another name than"
                    + " --store (else NATSBRIDGE_PUBLIC_URL)"),
            .value(
                "--threshold", "BYTES",
                "payloads of this size and above go by link (default 1,000,000)"),
            traceOption,
        ] + JetStreamPlace.specifications

    /// One server, or several with commas; nil: the context's, or the default one.
    package let server: String?
    package let context: String?
    package let credentials: CredentialOptions
    package let tls: TLSOptions
    /// What WebSockets are opened with; a value may be a secret.
    package let webSocketHeaders: Headers
    package let storeTLS: StoreTLSOptions
    package let store: String
    /// A secret; nil: none.
    package let storeToken: String?
    /// What links begin with; nil: what the store says, or its URL.
    package let publicURL: String?
    package let allowedOrigins: [String]
    /// Other names of the store.
    package let aliases: [String]
    /// Origins to fetch from in place of others, `FROM=TO`.
    package let rewrites: [String]
    package let followsPublicLinks: Bool
    /// Most connections at a time for one large payload; nil: the default.
    package let connections: Int?
    /// Most private memory for large payloads; nil: the default.
    package let privateMemory: Int?
    /// What the environment says of proxies; empty when none is to be used.
    package let proxyVariables: [String: String]
    package let threshold: Int?
    package let timeout: Duration?
    package let trace: String?
    package let jetStream: JetStreamPlace
    package let isPlik: Bool
    package let maxRetries: Int?
    package let baseDelay: Duration?
    /// What payloads by link may hold in memory together.
    package let memory: Int?
    package let maxDelay: Duration?
    /// What received tables may claim; nil: the default.
    package let arrowLimits: ArrowLimits?

    package init(
        _ arguments: ParsedArguments, environment: (String) -> String? = ProcessEnvironment.value
    ) throws(CommandFailure) {
        // What stands on the command line wins, and NATS_URL says more than NATS_CONTEXT.
        let url = environment("NATS_URL")
        context = arguments["--context"] ?? (url == nil ? environment("NATS_CONTEXT") : nil)
        let servers = arguments.all("--server")
        server =
            servers.isEmpty ? (context == nil ? url : nil) : servers.joined(separator: ",")
        credentials = try CredentialOptions(arguments, environment: environment)
        tls = try TLSOptions(arguments, environment: environment)
        webSocketHeaders = try Self.headers(arguments.all("--ws-header"))
        storeTLS = try StoreTLSOptions(arguments, environment: environment)
        store = arguments["--store"] ?? environment("NATSBRIDGE_STORE") ?? Self.defaultStore
        storeToken = arguments["--store-token"] ?? environment("NATSBRIDGE_STORE_TOKEN")
        publicURL = arguments["--public-url"] ?? environment("NATSBRIDGE_PUBLIC_URL")
        allowedOrigins = arguments.all("--allow-origin")
        aliases = arguments.all("--alias")
        rewrites = arguments.all("--rewrite")
        followsPublicLinks = arguments.has("--public-links")
        connections = try arguments.integer(
            "--connections", minimum: 1, maximum: Self.mostConnections)
        privateMemory = try arguments.byteCount("--private-memory")
        let variables = arguments.has("--no-proxy") ? [] : HTTPProxy.variables
        proxyVariables = variables.reduce(into: [:]) { $0[$1] = environment($1) }
        threshold = try arguments.byteCount("--threshold")
        memory = try arguments.byteCount("--memory", minimum: 1)
        timeout = try arguments.duration("--timeout", isPositive: true)
        trace = arguments["--trace"]
        jetStream = try JetStreamPlace(arguments)
        isPlik = arguments.has("--plik")
        maxRetries = try arguments.integer("--max-retries", maximum: Self.mostRetries)
        baseDelay = try arguments.duration("--base-delay")
        maxDelay = try arguments.duration("--max-delay")
        arrowLimits = try ArrowLimitOption.limits(arguments)
    }
}
