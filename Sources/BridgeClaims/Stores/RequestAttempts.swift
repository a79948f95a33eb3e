internal import BridgeHTTP

/// The attempts of one request to a store: does what `RequestMachine` says of each.
struct RequestAttempts {
    let requests: StoreRequests
    let stage: ClaimError.Stage
    let url: HTTPURL
    let correlationID: String
    let clock: TransferClock
    private var machine: RequestMachine
    /// Requests that the client sent again by itself.
    private var repeats = 0

    /// - Parameter isRepeatable: Whether sending the request twice does no harm.
    init(
        _ requests: StoreRequests, _ stage: ClaimError.Stage, _ url: HTTPURL,
        correlationID: String, clock: TransferClock, isRepeatable: Bool = true
    ) {
        self.requests = requests
        self.stage = stage
        self.url = url
        self.correlationID = correlationID
        self.clock = clock
        machine = RequestMachine(policy: requests.retry, isRepeatable: isRepeatable)
    }

    /// An attempt has ended.
    /// - Parameters:
    ///   - outcome: What it means; nil where the result says it.
    ///   - gained: Bytes that it brought the transfer further.
    /// - Returns: The answer that is not to be retried; nil after the wait for another attempt.
    /// - Throws: `ClaimError`; `unavailable` also for a status that says "not now" to the end.
    mutating func ended(
        _ result: Result<StoreRequests.Answer, HTTPError>,
        as outcome: RequestMachine.Outcome? = nil, gained: Int = 0
    ) async throws(ClaimError) -> StoreRequests.Answer? {
        if case .success(let answer) = result, answer.isRepeated { repeats += 1 }
        let action = machine.attemptEnded(
            outcome ?? Self.outcome(of: result), gained: gained, at: clock.elapsed,
            random: .random(in: 0..<1))
        switch (action, result) {
        case (.accept, .success(var answer)):
            answer.attempts = machine.attempts + repeats
            return answer
        case (.wait(let delay), _):
            try await requests.pause(delay, stage, url, machine.attempts, correlationID)
            return nil
        case (.fail(let code), .success(let answer)):
            throw ClaimError(
                code, stage, url: url.description, "the store does not take the request now",
                status: answer.status, attempts: machine.attempts + repeats,
                correlationID: correlationID)
        case (.fail(let code), .failure(let error)):
            throw ClaimError(
                code, stage, url: url.description, error.detail, httpError: error,
                attempts: machine.attempts, correlationID: correlationID)
        // Sound: `RequestMachine` accepts an outcome only where it is an answer's status.
        case (.accept, .failure): preconditionFailure("only an answer is accepted")
        }
    }

    /// What a result means for a request that is sent whole each time.
    static func outcome(
        of result: Result<StoreRequests.Answer, HTTPError>
    ) -> RequestMachine.Outcome {
        switch result {
        case .success(let answer): .answered(answer.status, retryAfter: answer.retryAfter)
        case .failure(let error): .failed(error.reason)
        }
    }
}
