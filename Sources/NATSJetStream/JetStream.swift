internal import BridgeBytes
internal import BridgeJSON
public import NATSCore
internal import NATSWire

/// How JetStream is reached and how patient we are.
public struct JetStreamOptions: Sendable, Hashable {
    /// The domain of JetStream, for servers that are reached through leaf nodes; nil: the one of
    /// the client's options, as a context names it, or ours.
    public var domain: String?
    /// The prefix of the API's subjects when there is no domain; another one than `$JS.API` is
    /// used whatever domain or prefix the client's options name.
    public var apiPrefix = Self.ownPrefix
    /// The prefix of the server's own domain.
    public static let ownPrefix = "$JS.API"
    /// Longest wait for one answer. Here and below, negative is zero, and more than a century is
    /// a century.
    public var timeout: Duration = .seconds(5)
    /// How often a publish is repeated when no stream answers, as while a leader is elected
    /// (ADR-22).
    public var publishRetries = 2
    /// Wait before each of them (ADR-22).
    public var publishRetryWait: Duration = .milliseconds(250)

    /// The defaults of the field.
    public init() {}

    /// The same, with nothing in it that a clock or a loop could not count.
    var bounded: JetStreamOptions {
        var options = self
        options.timeout = timeout.clampedForClocks
        options.publishRetries = max(0, publishRetries)
        options.publishRetryWait = publishRetryWait.clampedForClocks
        return options
    }
}

/// Streams and consumers of JetStream, over a client's connection.
///
/// It holds no state of its own and may be copied freely. Cancelling the task of a call ends its
/// wait; what the server was asked may then have been done.
///
/// Besides the codes that it names, every call of the API may throw a `JetStreamError` with
/// `jetStreamDisabled` (nobody answers), `serverTooOld`, `timeout`, `cancelled`, `closed`,
/// `outboxFull`, `permissionDenied`, `unexpectedAnswer`, `unavailable` (no leader), `storageFull`,
/// `limitExceeded`, or `refused` with the server's words in `apiError`.
public struct JetStream: Sendable {
    /// The connection under it.
    public let client: NATSClient
    /// How it is reached and how patient we are.
    public let options: JetStreamOptions
    let api: APISubjects
    /// Whether the server that we are connected to is the one whose API is called.
    package let isOwnAPI: Bool
    /// What the subjects of the API begin with.
    package var apiPrefix: String { api.prefix }

    /// JetStream as that client's server has it.
    public init(client: NATSClient, options: JetStreamOptions = JetStreamOptions()) {
        self.client = client
        self.options = options.bounded
        let isUnsaid = options.domain == nil && options.apiPrefix == JetStreamOptions.ownPrefix
        let domain = options.domain ?? (isUnsaid ? client.jetStreamDomain : nil)
        let prefix =
            domain.map { "$JS.\($0).API" }
            ?? (isUnsaid ? client.jetStreamAPIPrefix : nil) ?? options.apiPrefix
        isOwnAPI = prefix == JetStreamOptions.ownPrefix
        api = APISubjects(prefix: prefix)
    }

    /// One call of the API: a JSON object there, a JSON object back.
    ///
    /// - Parameter level: The API level without which it makes no sense.
    func call(
        _ subject: Subject, _ body: JSONObject?, operation: String, stream: String, level: Int = 0
    ) async throws(JetStreamError) -> JSONFields {
        guard api.isUsable else {
            throw JetStreamError(
                .invalidArgument, operation: operation, stream: stream,
                detail: "the prefix of JetStream's API is no subject")
        }
        try require(level, operation: operation, stream: stream)
        let payload = body.map { JSONValue.object($0).encoded() } ?? Bytes()
        let answer: NATSMessage
        do throws(NATSError) {
            answer = try await client.request(
                payload, to: subject, headers: headers(requiring: level),
                timeout: options.timeout)
        } catch {
            throw JetStreamError(error, operation: operation, stream: stream)
        }
        return try APIAnswer.parse(answer.payload, operation: operation, stream: stream)
    }
}

extension JetStreamError {
    /// What a failure of the client means here: its own code stands, except that nobody listens
    /// on the subjects of the API only where JetStream is off.
    package init(_ error: NATSError, operation: String, stream: String = "") {
        let isOff = error.code == .noResponders
        self.init(
            isOff ? .jetStreamDisabled : error.code, operation: operation, stream: stream,
            clientError: error,
            detail: isOff ? "JetStream does not answer on \(error.subject)" : error.detail)
    }

    /// What a failure of the client means for a message that was to be stored.
    init(publishing error: NATSError, to subject: Subject) {
        self = JetStreamError(error, operation: "publish")
            .knowing(error.publishOutcome, subject: subject.text)
    }
}
