internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeHTTP
internal import HTTPWire

/// The store that the options name, and what links may be followed.
struct StoreAccess: Sendable {
    let address: StoreAddress
    /// Nil for one that a bridge makes of its connection.
    let store: (any ClaimStore)?
    /// What links begin with, where the options say so.
    let publicURL: HTTPURL?
    let policy: LinkPolicy
    let retry: RetryPolicy

    init(_ options: CommonOptions, _ console: Console) throws(CommandFailure) {
        address = try Self.address(options)
        let publicURL = try options.publicURL.map { text throws(CommandFailure) in
            try Self.storeURL(text, of: "--public-url")
        }
        var retry = RetryPolicy()
        if let count = options.maxRetries { retry.maxAttempts = count + 1 }
        if let delay = options.baseDelay { retry.base = delay }
        if let delay = options.maxDelay { retry.cap = delay }
        self.retry = retry
        do throws(HTTPError) {
            var settings = HTTPClientOptions()
            if let path = options.storeTLS.authority { settings.tls.trust = .file(path) }
            settings.tls.identity = options.storeTLS.identity.map {
                TLSIdentity(
                    chainFile: $0.certificate, keyFile: $0.key,
                    passphrase: options.storeTLS.passphrase)
            }
            let log = LogSink(from: .warning) { event in
                let fields = event.fields.map { " \($0.name)=\(LogEvent.quoted($0.value))" }
                console.remark("natsbridge: \(event.message):\(fields.joined())")
            }
            if let most = options.privateMemory { settings.privateBodyMemory = most }
            settings.proxy = try HTTPProxy.fromEnvironment { options.proxyVariables[$0] }
            settings.tunnel = try HTTPProxy.fromEnvironment(for: .https) {
                options.proxyVariables[$0]
            }
            let client = try HTTPClient(settings, log: log)
            var store = StoreAddress.Settings()
            store.publicURL = publicURL
            store.client = client
            store.retry = retry
            store.token = options.storeToken
            guard address.objectBucket == nil || options.storeToken == nil else {
                throw HTTPError(
                    .badOptions, .prepare, url: address.description,
                    "JetStream's object store has no token")
            }
            self.publicURL = publicURL
            self.store = address.objectBucket == nil ? try address.store(store) : nil
        } catch {
            throw CommandFailure(
                .usage, code: error.code, stage: "store", target: error.url,
                detail: error.detail)
        }
        policy = try Self.policy(of: store, at: address, options)
    }

    private static func policy(
        of store: (any ClaimStore)?, at address: StoreAddress, _ options: CommonOptions
    ) throws(CommandFailure) -> LinkPolicy {
        var policy = store?.linkPolicy ?? LinkPolicy(allowing: [])
        for text in options.allowedOrigins {
            let origin = try Self.url(text, of: "--allow-origin").origin
            policy.allowedOrigins.insert(origin)
            // Who allows a name of this machine by itself means another server.
            policy.replacements[origin] = nil
        }
        for text in options.aliases {
            guard let server = address.server else {
                throw .usage(
                    "--alias does not go with \(address): its links hold for one name alone")
            }
            policy.replacements[try Self.url(text, of: "--alias").origin] = server.origin
        }
        for text in options.rewrites {
            guard let sign = text.firstIndex(of: "=") else {
                throw .usage(
                    "--rewrite has no =", hint: "such as http://files.example=http://127.0.0.1:8080"
                )
            }
            let from = try Self.url(String(text[..<sign]), of: "--rewrite").origin
            let to = try Self.url(String(text[text.index(after: sign)...]), of: "--rewrite").origin
            policy.replacements[from] = to
        }
        if options.followsPublicLinks { policy.publicPorts = LinkPolicy.webPorts }
        return policy
    }

    /// The store that --store names. --plik is the longer way to write `plik+http://`.
    private static func address(_ options: CommonOptions) throws(CommandFailure) -> StoreAddress {
        let isMarked = options.isPlik && !options.store.hasPrefix("plik+")
        let text = isMarked ? "plik+\(options.store)" : options.store
        do throws(HTTPError) { return try StoreAddress(text) } catch {
            throw .usage(
                "--store: \(error.detail)",
                hint: "such as http://127.0.0.1:8080, or s3://bucket?endpoint=http://127.0.0.1:9000"
            )
        }
    }

    /// A URL that links begin with. What would have no effect in it is refused.
    private static func storeURL(
        _ text: String, of option: String
    ) throws(CommandFailure) -> HTTPURL {
        let url = try url(text, of: option)
        guard !url.hasUserInfo, url.query == nil, !text.utf8.contains(0x23) else {
            throw .usage(
                "\(option) holds a user name, a query or a fragment, which would not be sent",
                hint: "--ttl says how long payloads are kept")
        }
        return url
    }

    static func url(_ text: String, of option: String) throws(CommandFailure) -> HTTPURL {
        do throws(HTTPWireError) { return try HTTPURL(text) } catch {
            throw .usage(
                "\(option) is not an HTTP URL: \(error.message)",
                hint: "such as http://127.0.0.1:8080")
        }
    }
}
