internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeHTTP

/// What `natsbridge serve` takes, and the settings of the file server that it means.
enum ServeArguments {
    private static let defaultPort = 8080
    private static let defaultDirectory = "natsbridge-files"
    /// How long what has begun may go on after SIGTERM or SIGINT.
    static let defaultGrace = Duration.seconds(30)

    static let options: [OptionSpecification] =
        [
            .value(
                "--directory", short: "-d", "DIR",
                "where the files are kept (default ./\(defaultDirectory))"),
            .value(
                "--backend", "URL",
                "keep the files in a store that exists, in place of --directory"),
            .value("--port", short: "-p", "N", "the port; 0 takes a free one (default 8080)"),
            .value("--host", "ADDRESS", "the IP address to listen on (default 127.0.0.1)"),
            .value(
                "--public-url", "URL", "what links begin with, when that is not the address"),
            .value(
                "--allow-host", "NAME", repeats: true,
                "a name of the server, with or without port, that links may begin with; may "
                    + "repeat"),
            .value(
                "--allow-browser", "ORIGIN", repeats: true,
                "pages of this origin may read files in browsers; may repeat"),
            .value(
                "--sign-links", "HOW",
                "off, offer (links are signed) or demand (no other link is answered; default off)"),
            .value(
                "--link-keys", "FILE",
                "what links are signed with: a key on each line, the first signs; SIGHUP has it "
                    + "read again (default: a secret in the directory)"),
            .value(
                "--link-ttl", "TIME",
                "how long a signed link holds (default: as long as its file)"),
            .value("--tls-cert", "FILE", "speak HTTPS, with this certificate and its chain"),
            .value("--tls-key", "FILE", "the key of that certificate"),
            .value(
                "--tls-passphrase", "TEXT",
                "what that key is encrypted with (else NATSBRIDGE_TLS_PASSPHRASE)"),
            .value(
                "--tls-client-ca", "FILE",
                "the authorities that clients must have a certificate of; nobody needs one else"),
            .value("--max-size", "BYTES", "the largest file that is taken (default 10 GB)"),
            .value(
                "--ttl", "TIME",
                "how long a file is kept when its sender names no time (default 1d)"),
            .value(
                "--quota", "WHOSE=BYTES,FILES", repeats: true,
                "the most that is stored: of all (all), below a path (/f, /file), from an "
                    + "address (address); either number may be missing (default all=100GB)"),
            .value(
                "--max-connections", "N",
                "the most connections at a time, and from one address with N,M (default 1000,875)"),
            .value(
                "--grace", "TIME",
                "how long what has begun may go on when the server is to end (default 30s)"),
            .value(
                "--access-log", "FILE", "append a line for each request; - is the standard error"),
            .value(
                "--digest", "NAME",
                "xxh64, or sha256 to take that digest too and to tell it (default xxh64)"),
            .value(
                "--memory", "BYTES",
                "uploads of 1 MiB and more are kept in memory too, and read from there, up to so "
                    + "many bytes (default none)"),
            .flag(
                "--no-sync",
                "answer uploads before they are on the disk: a power failure loses them, and with "
                    + "--memory so does a server that is killed"),
            .value(
                "--scrub", "TIME",
                "how often all files are compared with their digests (default 1d)"),
        ] + ServerTokenOptions.specifications + CommonOptions.connection
        + CommonOptions.everywhere

    /// Options that concern a folder of the server's own.
    private static let ofFolder = ["--directory", "--quota", "--scrub", "--memory", "--no-sync"]

    /// The store that is served; nil: a folder of the server's own.
    static func backend(_ arguments: ParsedArguments) throws(CommandFailure) -> StoreAddress? {
        guard let text = arguments["--backend"] else {
            guard let name = CommonOptions.connection.first(where: { arguments.has($0.name) })
            else { return nil }
            throw .usage("\(name.name) goes with --backend nats-object://BUCKET alone")
        }
        if let other = ofFolder.first(where: { arguments.has($0) }) {
            throw .usage(
                "\(other) does not go with --backend: it concerns a folder of the server's own")
        }
        do throws(HTTPError) { return try StoreAddress(text) } catch {
            throw .usage(
                "--backend: \(error.detail)",
                hint: "such as s3://bucket?endpoint=http://127.0.0.1:9000, nats-object://payloads"
                    + " or file:///srv/payloads")
        }
    }

    static func options(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> FileServerOptions {
        let isGateway = arguments["--backend"] != nil
        let directory = arguments["--directory"] ?? (isGateway ? "" : defaultDirectory)
        var options = FileServerOptions(directory: directory)
        options.port = try arguments.integer("--port", maximum: 65_535) ?? defaultPort
        if let host = arguments["--host"] { options.host = host }
        if let socket = try ServiceSockets.inherited() {
            guard arguments["--host"] == nil, arguments["--port"] == nil else {
                throw .usage("--host and --port are those of the service manager's socket")
            }
            options.inheritedSocket = socket
        }
        options.publicBaseURL = arguments["--public-url"]
        options.allowedHosts = arguments.all("--allow-host")
        options.browserOrigins = arguments.all("--allow-browser")
        options.tls = try tls(arguments)
        let tokens = ServerTokenOptions(arguments)
        (options.uploadToken, options.deleteToken) = (tokens.upload, tokens.delete)
        try setSigning(arguments, in: &options)
        if options.wantsName {
            let port = options.port == 0 ? "" : ":\(options.port)"
            let place = options.inheritedSocket == nil ? "--host \(options.host)" : "the socket"
            throw .usage(
                "\(place) stands for all addresses, none of which can stand in links",
                hint: "add --public-url http://NAME\(port), or --allow-host NAME for each "
                    + "name that senders and receivers use")
        }
        if let size = try arguments.byteCount("--max-size", minimum: 1) {
            options.maximumFileSize = size
        }
        if let ttl = try arguments.duration("--ttl", isPositive: true) {
            options.timeToLive = ttl
            options.maximumTimeToLive = max(ttl, options.maximumTimeToLive)
        }
        if let interval = try arguments.duration("--scrub", isPositive: true) {
            options.scrubInterval = interval
        }
        if let name = arguments["--digest"] {
            guard let digest = ChecksumAlgorithm(rawValue: name) else {
                throw .usage("--digest \"\(name)\" is neither xxh64 nor sha256")
            }
            options.digest = digest
        }
        if let memory = try arguments.byteCount("--memory", minimum: 1) { options.memory = memory }
        options.isDurable = !arguments.has("--no-sync")
        for quota in arguments.all("--quota") { try set(quota, in: &options) }
        try setConnections(arguments["--max-connections"], in: &options)
        return options
    }

    private static func setSigning(
        _ arguments: ParsedArguments, in options: inout FileServerOptions
    ) throws(CommandFailure) {
        if let how = arguments["--sign-links"] {
            guard let signing = LinkSigning(rawValue: how) else {
                throw .usage("--sign-links \"\(how)\" is neither off, offer nor demand")
            }
            options.linkSigning = signing
        }
        options.linkTimeToLive = try arguments.duration("--link-ttl", isPositive: true)
        let file = arguments["--link-keys"]
        guard options.linkSigning != .off || (file == nil && options.linkTimeToLive == nil) else {
            throw .usage(
                "--link-keys and --link-ttl are for signed links", hint: "add --sign-links offer")
        }
    }

    private static func tls(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> TLSServerConfiguration? {
        let authority = arguments["--tls-client-ca"]
        guard let certificate = arguments["--tls-cert"], let key = arguments["--tls-key"],
            !certificate.isEmpty, !key.isEmpty, authority != ""
        else {
            guard arguments["--tls-cert"] == nil, arguments["--tls-key"] == nil, authority == nil,
                arguments["--tls-passphrase"] == nil
            else { throw .usage("--tls-cert and --tls-key go together, and each names a file") }
            return nil
        }
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(
                chainFile: certificate, keyFile: key,
                passphrase: StoreTLSOptions.serverPassphrase(arguments)))
        if let authority {
            configuration.clientCertificates = .required(authorities: [.file(authority)])
        }
        return configuration
    }

    /// `WHOSE=BYTES`, `WHOSE=BYTES,FILES` or `WHOSE=,FILES`.
    private static func set(
        _ text: String, in options: inout FileServerOptions
    ) throws(CommandFailure) {
        guard let equals = text.firstIndex(of: "=") else {
            throw .usage("--quota \"\(text)\" names no number", hint: "write all=10GB,1000")
        }
        let numbers = text[text.index(after: equals)...].split(
            separator: ",", omittingEmptySubsequences: false)
        var quota = StorageQuota.none
        if let bytes = numbers.first, !bytes.isEmpty {
            guard let count = ByteCount.parse(String(bytes)) else {
                throw .usage("--quota \"\(text)\": \"\(bytes)\" is not a size")
            }
            quota.bytes = count
        }
        if numbers.count > 1 {
            guard numbers.count == 2, let count = Int(numbers[1]), count >= 0 else {
                throw .usage("--quota \"\(text)\" has no number of files behind the comma")
            }
            quota.files = count
        }
        switch text[..<equals] {
        case "all":
            if quota.bytes != .max { options.maximumStoredBytes = quota.bytes }
            options.maximumStoredFiles = quota.files
        case "/f": options.nativeQuota = quota
        case "/file": options.plikQuota = quota
        case "address": options.quotaPerAddress = quota
        default:
            throw .usage(
                "--quota \"\(text)\" is nobody's", hint: "write all, /f, /file or address")
        }
    }

    /// `N` or `N,M`.
    private static func setConnections(
        _ text: String?, in options: inout FileServerOptions
    ) throws(CommandFailure) {
        guard let text else { return }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(numbers.count), let total = numbers[0], total > 0 else {
            throw .usage("--max-connections \"\(text)\" is no number of connections")
        }
        options.maximumConnections = total
        guard numbers.count == 2 else { return }
        guard let there = numbers[1], there > 0 else {
            throw .usage("--max-connections \"\(text)\" has no number behind the comma")
        }
        options.maximumConnectionsPerAddress = there
    }
}
