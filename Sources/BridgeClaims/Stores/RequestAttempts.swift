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
    ///   - reason: How it failed, where an answer counts as none; nil where the result says it.
    ///   - gained: Bytes that it brought the transfer further.
    /// - Returns: The answer that is not to be retried; nil after the wait for another attempt.
    /// - Throws: `ClaimError`; `unavailable` also for a status that says "not now" to the end.
    mutating func ended(
        _ result: Result<StoreRequests.Answer, HTTPError>,
        failing reason: HTTPError.Reason? = nil, gained: Int = 0
    ) async throws(ClaimError) -> StoreRequests.Answer? {
        if case .success(let answer) = result, answer.isRepeated { repeats += 1 }
        let random = Double.random(in: 0..<1)
        let action: RequestMachine.Action
        switch result {
        case .success(var answer):
            let next =
                if let reason {
                    RequestMachine.Action?.some(
                        machine.failed(reason, gained: gained, at: clock.elapsed, random: random))
                } else {
                    machine.answered(
                        answer.status, retryAfter: answer.retryAfter, at: clock.elapsed,
                        random: random)
                }
            guard let next else {
                answer.attempts = machine.attempts + repeats
                return answer
            }
            action = next
        case .failure(let error):
            action = machine.failed(
                error.reason, gained: gained, at: clock.elapsed, random: random)
        }
        switch (action, result) {
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
        }
    }
}
