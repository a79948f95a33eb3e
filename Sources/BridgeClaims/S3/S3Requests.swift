internal import BridgeBytes
internal import BridgeHTTP
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// Signed requests to an S3 store.
///
/// Each attempt is signed anew, by the store's time as far as it is known. Two refusals are
/// answered by a correction, once each: of the clock, by the time that the store has told, and of
/// expired credentials, by reading them again.
struct S3Requests: Sendable {
    /// A request before it is signed.
    struct Call: Sendable {
        var method: String
        /// Nil for the bucket itself.
        var key: String?
        var query: [(name: String, value: String)] = []
        /// Fields that are sent and signed.
        var fields = FieldList()
        var body = Segments()
        var payload = SignatureV4.emptyPayload
        var stage = ClaimError.Stage.upload
    }

    /// What is learnt while a store is used.
    final class Memory: Sendable {
        private struct State {
            var credentials: S3Credentials?
            var offset = Duration.zero
        }

        private let state = Mutex<State>(State())

        var offset: Duration {
            get { state.withLock { $0.offset } }
            set { state.withLock { $0.offset = newValue } }
        }
        var credentials: S3Credentials? {
            get { state.withLock { $0.credentials } }
            set { state.withLock { $0.credentials = newValue } }
        }
    }

    let requests: StoreRequests
    let place: S3Place
    let source: S3CredentialSource
    let memory = Memory()
    /// Our own clock.
    let now: @Sendable () -> Timestamp

    init(
        requests: StoreRequests, place: S3Place, source: S3CredentialSource,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.requests = requests
        self.place = place
        self.source = source
        self.now = now
    }

    /// The same with another patience.
    func retrying(_ retry: RetryPolicy) -> S3Requests {
        var copy = self
        copy.patience = retry
        return copy
    }

    private var patience: RetryPolicy?

    private var transport: StoreRequests {
        guard let patience else { return requests }
        return StoreRequests(client: requests.client, userAgent: nil, retry: patience)
    }

    /// The store's time, as far as it is known.
    var time: Timestamp {
        let own = now()
        return own.advanced(by: memory.offset) ?? own
    }

    /// The credentials, read when they are first needed.
    func credentials(
        _ stage: ClaimError.Stage, _ correlationID: String
    ) throws(ClaimError) -> S3Credentials {
        if let known = memory.credentials { return known }
        do throws(CredentialFailure) {
            let read = try source.load()
            memory.credentials = read
            return read
        } catch {
            throw ClaimError(
                error.code, stage, url: place.base.description, error.message,
                correlationID: correlationID)
        }
    }

    /// A request as it is sent now.
    private func signed(
        _ call: Call, _ correlationID: String
    ) throws(ClaimError) -> HTTPRequest {
        let base = place.base
        let path = call.key.map { S3Place.path($0, below: base) } ?? base.path
        let signature = SignatureV4(
            try credentials(call.stage, correlationID), region: place.region)
        let described = SignatureV4.Request(
            call.method, host: base.hostField, path: path, query: call.query,
            fields: call.fields, payload: call.payload)
        var fields = call.fields
        for field in signature.fields(described, at: time) {
            fields.append(checked: field.name, field.value)
        }
        let query = call.query.isEmpty ? "" : "?" + SignatureV4.query(call.query)
        let text = "\(base.scheme.rawValue)://\(base.hostField)\(path)\(query)"
        do throws(HTTPWireError) {
            return HTTPRequest(call.method, try HTTPURL(text), fields: fields)
        } catch {
            throw ClaimError(
                .invalidArgument, call.stage, url: base.description, error.message,
                correlationID: correlationID)
        }
    }

    /// Sends a request until its answer is the last word.
    /// - Parameter clock: The time for everything that the request is a part of.
    func send(
        _ call: Call, correlationID: String, clock: TransferClock
    ) async throws(ClaimError) -> StoreRequests.Answer {
        var corrected: Set<S3Problem.Verdict> = []
        let first = try signed(call, correlationID)
        var attempts = RequestAttempts(
            transport, call.stage, first.url, correlationID: correlationID, clock: clock)
        let body: HTTPBody =
            call.method == "PUT" || !call.body.isEmpty
            ? .segments(call.body) : .none
        while true {
            let request = try signed(call, correlationID)
            let result = await transport.sendOnce(request, body, within: clock.left)
            var reason: HTTPError.Reason?
            if case .success(let answer) = result,
                let problem = S3Problem(answer.status, body: answer.body)
            {
                let verdict = problem.verdict
                if verdict == .retry { reason = .connectionLost }
                if correct(verdict, by: answer), corrected.insert(verdict).inserted { continue }
            }
            if let answer = try await attempts.ended(result, failing: reason) { return answer }
        }
    }

    /// Sends a request once, whose answer is read piece by piece.
    func open(_ call: Call, correlationID: String) async throws(ClaimError) -> HTTPResponse {
        let request = try signed(call, correlationID)
        do throws(HTTPError) { return try await requests.client.send(request) } catch {
            throw ClaimError(
                error.code, call.stage, url: place.base.description, error.detail,
                httpError: error, correlationID: correlationID)
        }
    }

    /// Whether something was changed after which the request may be taken.
    private func correct(_ verdict: S3Problem.Verdict, by answer: StoreRequests.Answer) -> Bool {
        switch verdict {
        case .accept, .retry: return false
        case .credentials:
            memory.credentials = nil
            return true
        case .clock:
            let own = now()
            guard let date = answer.fields["Date"],
                let theirs = HTTPDate.parse(date, now: Int(own.seconds))
            else { return false }
            memory.offset = .seconds(Int64(theirs) - own.seconds)
            return true
        }
    }

    /// What an answer that is no success becomes.
    func refusal(
        _ answer: StoreRequests.Answer, _ stage: ClaimError.Stage, _ correlationID: String
    ) -> ClaimError {
        guard let problem = S3Problem(answer.status, body: answer.body) else {
            return ClaimError(
                .unexpectedAnswer, stage, url: place.base.description,
                "the answer is not that of an S3 store", status: answer.status,
                attempts: answer.attempts, correlationID: correlationID)
        }
        return ClaimError(
            problem.claimCode, stage, url: place.base.description, problem.sentence,
            status: answer.status, attempts: answer.attempts, correlationID: correlationID)
    }

    /// Removes what lies under a key; what is gone is removed.
    func delete(_ key: String, correlationID: String) async throws(ClaimError) {
        let call = Call(method: "DELETE", key: key, stage: .delete)
        let answer = try await send(
            call, correlationID: correlationID,
            clock: TransferClock(total: transport.retry.total))
        let problem = S3Problem(answer.status, body: answer.body)
        guard let problem, problem.code != "NoSuchKey", problem.status != 404 || problem.code != ""
        else { return }
        throw refusal(answer, .delete, correlationID)
    }

    /// A link that holds its own right to read, for so many seconds from now on.
    func link(
        _ key: String, life: Int, at time: Timestamp, _ correlationID: String
    ) throws(ClaimError) -> String {
        let base = place.publicBase
        let path = S3Place.path(key, below: base)
        let signature = SignatureV4(
            try credentials(.upload, correlationID), region: place.region)
        let query = signature.query(
            SignatureV4.Request("GET", host: base.hostField, path: path), at: time, life: life)
        return "\(base.scheme.rawValue)://\(base.hostField)\(path)?\(query)"
    }
}
