internal import BridgeBytes
internal import NATSCore
internal import NATSWire

extension Outgoing {
    /// Drives a `PublishRetryMachine`: publishes a message, again where its fate is not known, and
    /// a smaller one where it turns out to be too large.
    /// - Parameters:
    ///   - ready: The message; replaced by a smaller one where that was needed.
    ///   - attempt: Publishes it within a time; its errors carry their outcome.
    ///   - planAgain: Makes it smaller, told why; nil when that cannot be done.
    func publishing<R: Sendable>(
        _ ready: inout Ready, _ machine: inout PublishRetryMachine,
        _ attempt: (Ready, Duration) async throws(BridgeError) -> R,
        planAgain: (BridgeError) async throws(BridgeError) -> Ready?
    ) async throws(BridgeError) -> R {
        let clock = ContinuousClock()
        let start = clock.now
        var last = failure(.timeout, "no time was left for it")
        var action = machine.proceed(at: .zero)
        while true {
            switch action {
            case .attempt(let limit):
                guard !Task.isCancelled else { throw cancelled(machine) }
                do throws(BridgeError) {
                    return try await attempt(ready, limit)
                } catch {
                    last = error
                    action = machine.failed(
                        error.outcome ?? .unknown, error.publishFailure, at: clock.now - start)
                }
            case .pause(let pause):
                logRepeat(last, "publishing again", machine, pause)
                guard (try? await clock.sleep(for: pause)) != nil else { throw cancelled(machine) }
                action = machine.proceed(at: clock.now - start)
            case .planAgain:
                logRepeat(last, "making the message smaller", machine, .zero)
                guard let smaller = try await planAgain(last) else {
                    throw last.knowing(machine.isUnsure ? .unknown : last.outcome ?? .lost)
                }
                ready = smaller
                action = machine.proceed(at: clock.now - start)
            case .fail(let outcome): throw last.knowing(outcome)
            }
        }
    }

    /// Refuses a limit that leaves no time, before anything is done.
    func checkTime(_ timeout: Duration) throws(BridgeError) {
        guard timeout <= .zero else { return }
        throw bridge.logged(
            BridgeError(
                .invalidArgument, stage: .plan, subject: subject.text,
                correlationID: correlationID, detail: "the timeout must be more than zero",
                outcome: .lost))
    }

    /// Refuses headers that would make another message of it, before anything is done.
    func checkHeaders() throws(BridgeError) {
        let names = options.headers.map(\.name.text)
        let reserved = names.first { name in
            // By its own id a stream would know another message than the envelope's.
            HeaderForm.isReserved(name)
                || options.mode == .jetStream && name.lowercased() == "nats-msg-id"
        }
        guard let reserved else { return }
        throw bridge.logged(
            BridgeError(
                .invalidArgument, stage: .plan, subject: subject.text,
                correlationID: correlationID,
                detail: "the header \(reserved) is set from the envelope, and cannot be given",
                outcome: .lost))
    }

    private func cancelled(_ machine: PublishRetryMachine) -> BridgeError {
        failure(.cancelled, "").knowing(machine.outcome)
    }

    private func failure(_ code: ErrorCode, _ detail: String) -> BridgeError {
        BridgeError(
            code, stage: .publish, subject: subject.text, correlationID: correlationID,
            detail: detail)
    }

    private func logRepeat(
        _ error: BridgeError, _ message: String, _ machine: PublishRetryMachine, _ pause: Duration
    ) {
        bridge.log(
            correlationID, .publish, message, level: .warning,
            [
                LogEvent.Field("subject", subject.text),
                LogEvent.Field("attempt", String(machine.attempts + 1)),
                LogEvent.Field("after", error.code.rawValue),
                LogEvent.Field("outcome", (error.outcome ?? machine.outcome).rawValue),
                LogEvent.Field("pause_milliseconds", String(pause.milliseconds)),
            ])
    }
}
