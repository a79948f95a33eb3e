internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeHTTP
internal import HTTPWire

/// The store that the options name, and what links may be followed.
struct StoreAccess: Sendable {
    let store: any ClaimStore
    let policy: LinkPolicy
    let retry: RetryPolicy

    init(_ options: CommonOptions) throws(CommandFailure) {
        let url = try Self.url(options.store, of: "--store")
        var retry = RetryPolicy()
        if let count = options.maxRetries { retry.maxAttempts = count + 1 }
        if let delay = options.baseDelay { retry.base = delay }
        if let delay = options.maxDelay { retry.cap = delay }
        self.retry = retry
        do throws(HTTPError) {
            store =
                options.isPlik
                ? try PlikStore(baseURL: url, retry: retry)
                : try FileServerStore(baseURL: url, retry: retry)
        } catch {
            throw CommandFailure(
                .usage, code: error.code, stage: "store", target: error.url,
                detail: error.detail)
        }
        var policy = store.linkPolicy
        for origin in options.allowedOrigins {
            policy.allowedOrigins.insert(try Self.url(origin, of: "--allow-origin").origin)
        }
        self.policy = policy
    }

    static func url(_ text: String, of option: String) throws(CommandFailure) -> HTTPURL {
        do throws(HTTPWireError) { return try HTTPURL(text) } catch {
            throw .usage(
                "\(option) is not an HTTP URL: \(error.message)",
                hint: "such as http://127.0.0.1:8080")
        }
    }
}
