import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Testing

/// The limits of all attempts together, in virtual time (failures.md C5, C7).
@Suite struct RetryScheduleTests {
    /// Attempts until a download fails, each of which takes `time` and ends with `code`.
    private func download(
        _ code: HTTPError.Reason, gaining gained: Int = 0, each time: Duration,
        policy: RetryPolicy = RetryPolicy()
    ) -> (attempts: Int, elapsed: Duration, code: ErrorCode?) {
        var machine = DownloadMachine(policy: policy)
        var elapsed = Duration.zero
        while machine.attempts < 10_000 {
            elapsed += time
            let action = machine.attemptEnded(
                .failed(code, gained: gained), at: elapsed, random: 1)
            switch action {
            case .wait(let delay): elapsed += delay
            case .deliver: return (machine.attempts, elapsed, nil)
            case .fail(let code): return (machine.attempts, elapsed, code)
            }
        }
        return (machine.attempts, elapsed, nil)
    }

    @Test(
        "A link that accepts and says nothing, or drips, is given up after a minute",
        arguments: [
            HTTPError.Reason.firstByteTimeout, .headTimeout, .rateTooLow,
        ])
    func silence(code: HTTPError.Reason) {
        for gained in [0, 30_000] {
            let end = download(code, gaining: gained, each: .seconds(30))
            #expect(end.code == .unavailable && end.attempts == 2)
            #expect(end.elapsed < .seconds(61))
        }
    }

    @Test("One that cannot be reached is given up after a minute and a half")
    func unreachable() {
        let end = download(.connectTimeout, each: .seconds(10))
        #expect(end.code == .unavailable && end.attempts == 8)
        #expect(end.elapsed < .seconds(95))
    }

    @Test("A line that stalls now and then but brings the payload goes on until the total")
    func stalling() {
        let end = download(.rateTooLow, gaining: 1 << 20, each: .seconds(30))
        #expect(end.code == .timeout && end.attempts > 50)
        #expect(end.elapsed <= .seconds(1800 + 30))
    }

    @Test("No attempt is begun after the total, and no wait that would reach beyond it")
    func total() {
        var policy = RetryPolicy()
        policy.total = .seconds(10)
        var machine = DownloadMachine(policy: policy)
        let busy = DownloadMachine.Outcome.status(503, retryAfter: .seconds(4))
        let actions = [1, 6, 7].map {
            machine.attemptEnded(busy, at: .seconds($0), random: 0)
        }
        #expect(actions == [.wait(.seconds(4)), .fail(.timeout), .fail(.timeout)])
        var damaged = DownloadMachine(policy: policy)
        let verdict = damaged.attemptEnded(.damaged(.checksum), at: .seconds(11), random: 0)
        #expect(verdict == .fail(.checksumMismatch), "what is wrong says more than the time")
        var upload = RequestMachine(policy: policy)
        let lost = upload.attemptEnded(.failed(.connectionLost), at: .seconds(11), random: 0)
        #expect(lost == .fail(.timeout))
    }

    @Test("A policy without a total goes on; one of nothing tries once")
    func bounds() {
        var policy = RetryPolicy()
        policy.total = nil
        let end = download(.incompleteBody, each: .seconds(1_000_000), policy: policy)
        #expect(end.code == .unavailable && end.attempts == 8)
        for total in [Duration.zero, .seconds(-1), .seconds(Int64.min)] {
            policy.total = total
            #expect(download(.incompleteBody, each: .zero, policy: policy).attempts == 1)
        }
    }

    @Test(
        "A request that meets \"not now\" to the end is a passing failure",
        arguments: [408, 425, 429, 500, 502, 503, 504, 599, 600])
    func requests(status: Int) {
        var policy = RetryPolicy()
        policy.maxAttempts = 2
        var machine = RequestMachine(policy: policy)
        let outcome = RequestMachine.Outcome.answered(status, retryAfter: nil)
        let actions = (1...2).map { _ in machine.attemptEnded(outcome, at: .zero, random: 1) }
        guard RetryPolicy.verdict(status: status) == .retry else {
            #expect(actions == [nil, nil])
            return
        }
        #expect(actions == [.wait(.milliseconds(100)), .fail(.unavailable)])
        var once = RequestMachine(policy: policy, isRepeatable: false)
        #expect(once.attemptEnded(outcome, at: .zero, random: 1) == .fail(.unavailable))
        #expect(DownloadMachine.code(status) == .unavailable)
    }

    @Test("A refusal is accepted as the answer", arguments: [201, 400, 404, 412, 413, 507])
    func refusals(status: Int) {
        var machine = RequestMachine(policy: RetryPolicy())
        let action = machine.attemptEnded(
            .answered(status, retryAfter: nil), at: .zero, random: 1)
        #expect(action == nil)
        #expect(DownloadMachine.code(413) == .tooLarge)
        #expect(DownloadMachine.code(507) == .storageFull)
    }

    @Test("Any policy is safe")
    func anyPolicy() {
        let times = [
            Duration.zero, .seconds(-1), .seconds(Int64.min), .seconds(Int64.max),
            .seconds(Int64.max) * 18, .nanoseconds(1),
        ]
        let counts = [Int.min, -1, 0, 1, 2, .max]
        let start = ContinuousClock.now
        for base in times {
            for cap in times {
                for count in counts {
                    var policy = RetryPolicy(maxRetries: count, baseDelay: base, maxDelay: cap)
                    policy.factor = count
                    policy.missingAttempts = count
                    policy.silentAttempts = count
                    policy.maxResumptions = count
                    for random in [0, 1, -1, .nan, .infinity] {
                        let delay = policy.delay(
                            afterAttempt: count, random: random, retryAfter: cap)
                        #expect(delay >= .zero && ContinuousClock.now + delay >= start)
                    }
                    policy.total = cap
                    var machine = DownloadMachine(policy: policy)
                    _ = machine.attemptEnded(
                        .status(404, retryAfter: base), at: base, random: 1)
                    _ = machine.attemptEnded(
                        .failed(.idleTimeout, gained: 0), at: cap, random: 1)
                }
            }
        }
        #expect(
            RetryPolicy(maxRetries: .max, baseDelay: .zero, maxDelay: .zero).maxAttempts == .max)
    }
}
