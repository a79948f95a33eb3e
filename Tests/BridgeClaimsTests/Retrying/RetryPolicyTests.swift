import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Testing

/// Rows of failures.md: C5, C6.
@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy()

    @Test("The longest wait doubles up to the cap")
    func longestWaits() {
        let waits = (1...10).map { policy.delay(afterAttempt: $0, random: 1) }
        let milliseconds = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]
        #expect(waits == milliseconds.map { .milliseconds($0) })
        #expect(policy.delay(afterAttempt: 100_000, random: 1) == .seconds(10))
    }

    @Test("The whole of the wait is jitter")
    func jitter() {
        #expect(policy.delay(afterAttempt: 3, random: 0) == .zero)
        #expect(policy.delay(afterAttempt: 3, random: 0.5) == .milliseconds(200))
    }

    @Test("Retry-After is honoured up to the cap, and never shortens the wait")
    func retryAfter() {
        #expect(policy.delay(afterAttempt: 1, random: 0, retryAfter: .seconds(3)) == .seconds(3))
        #expect(
            policy.delay(afterAttempt: 1, random: 0, retryAfter: .seconds(9999)) == .seconds(10))
        #expect(
            policy.delay(afterAttempt: 8, random: 1, retryAfter: .seconds(1)) == .seconds(10))
    }

    @Test(
        "Which statuses are worth another attempt",
        arguments: [
            (RetryPolicy.Verdict.retry, [408, 425, 429, 500, 502, 503, 504, 600, 999]),
            (.retryBriefly, [404]),
            (
                .permanent,
                [
                    204, 206, 301, 302, 304, 307, 400, 401, 403, 405, 409, 410, 411, 412, 413, 414,
                    415, 416, 451, 501, 505, 507,
                ]
            ),
        ])
    func verdicts(verdict: RetryPolicy.Verdict, statuses: [Int]) {
        for status in statuses {
            #expect(RetryPolicy.verdict(status: status) == verdict, "\(status)")
        }
    }

    @Test("The peers' options: retries, base delay, greatest delay")
    func peerOptions() {
        let policy = RetryPolicy(
            maxRetries: 5, baseDelay: .milliseconds(10), maxDelay: .milliseconds(50))
        #expect(policy.maxAttempts == 6)
        #expect(policy.delay(afterAttempt: 9, random: 1) == .milliseconds(50))
        #expect(
            RetryPolicy(maxRetries: -3, baseDelay: .zero, maxDelay: .zero).maxAttempts == 1)
    }
}

@Suite struct DownloadMachineTests {
    private func machine(attempts: Int = 8, missing: Int = 3) -> DownloadMachine {
        var policy = RetryPolicy()
        policy.maxAttempts = attempts
        policy.missingAttempts = missing
        return DownloadMachine(policy: policy)
    }

    /// What the machine answers to each outcome in turn, with the greatest random number.
    private func actions(
        _ outcomes: [DownloadMachine.Outcome], attempts: Int = 8
    ) -> [DownloadMachine.Action] {
        var machine = machine(attempts: attempts)
        return outcomes.map { machine.attemptEnded($0, at: .zero, random: 1) }
    }

    @Test("Whole at once")
    func whole() { #expect(actions([.whole]) == [.deliver]) }

    @Test("Transient failures wait longer each time, until the attempts are used up")
    func transient() {
        #expect(
            actions(
                [
                    .status(503, retryAfter: nil), .failed(.incompleteBody, gained: 0),
                    .failed(.idleTimeout, gained: 0),
                ],
                attempts: 3)
                == [
                    .wait(.milliseconds(100)), .wait(.milliseconds(200)), .fail(.unavailable),
                ])
    }

    @Test("A missing payload has a short grace")
    func missing() {
        let missing = DownloadMachine.Outcome.status(404, retryAfter: nil)
        #expect(
            actions([missing, missing, missing])
                == [.wait(.milliseconds(100)), .wait(.milliseconds(200)), .fail(.payloadNotFound)])
        #expect(actions([missing, .whole]) == [.wait(.milliseconds(100)), .deliver])
        #expect(actions([missing], attempts: 1) == [.fail(.payloadNotFound)])
    }

    @Test("A damaged payload is fetched once more, not for ever")
    func damaged() {
        #expect(
            actions([.damaged(.checksum), .damaged(.checksum)])
                == [.wait(.milliseconds(100)), .fail(.checksumMismatch)])
        #expect(
            actions([.damaged(.size), .damaged(.size)])
                == [.wait(.milliseconds(100)), .fail(.sizeMismatch)])
        #expect(
            actions([.damaged(.checksum), .whole]) == [.wait(.milliseconds(100)), .deliver])
    }

    @Test("What will not go better fails at once")
    func permanent() {
        #expect(actions([.status(410, retryAfter: nil)]) == [.fail(.payloadExpired)])
        #expect(actions([.status(403, retryAfter: nil)]) == [.fail(.refused)])
        #expect(actions([.status(301, retryAfter: nil)]) == [.fail(.unexpectedAnswer)])
        #expect(actions([.unexpected(.coding)]) == [.fail(.unexpectedAnswer)])
        #expect(actions([.failed(.bodyTooLarge, gained: 0)]) == [.fail(.tooLarge)])
        #expect(
            actions([.failed(.protocolViolation, gained: 0)]) == [.fail(.unexpectedAnswer)])
        #expect(actions([.failed(.cancelled, gained: 0)]) == [.fail(.cancelled)])
    }

    @Test("Whatever brings more of the payload starts the count anew, within a bound")
    func progress() {
        var policy = RetryPolicy()
        policy.maxAttempts = 2
        policy.maxResumptions = 10
        var machine = DownloadMachine(policy: policy)
        var waits = 0
        while case .wait(.milliseconds(100)) = machine.attemptEnded(
            .failed(.incompleteBody, gained: 1), at: .zero, random: 1)
        {
            waits += 1
        }
        #expect(waits == 9)
        #expect(actions([.changed, .whole]) == [.wait(.milliseconds(100)), .deliver])
    }

    @Test("The server's wish for a wait is heard")
    func retryAfter() {
        #expect(
            actions([.status(429, retryAfter: .seconds(2))]) == [.wait(.seconds(2))])
    }

    @Test("Every failure of the client has an answer", arguments: HTTPError.Reason.allCases)
    func total(code: HTTPError.Reason) {
        var machine = machine(attempts: 1)
        let action = machine.attemptEnded(.failed(code, gained: 0), at: .zero, random: 0)
        guard case .fail = action else {
            Issue.record("the last attempt ended with \(action)")
            return
        }
    }
}
