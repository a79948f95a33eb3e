internal import ArrowIPC
internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSCore
internal import NATSJetStream

/// Runs scenarios one after the other and says whether all their checks held.
struct Demo: Sendable {
    let scenarios: [Scenario]
    let rows: Int
    /// A running nats-server; nil to start one.
    let server: String?
    /// A running file server; nil to start one.
    let store: String?
    /// The folder for pictures; nil for none.
    let pictures: String?
    let console: Console

    func run() async throws(CommandFailure) -> ExitCode {
        let environment = try await DemoEnvironment.start(self)
        if !console.json { for line in environment.summary { console.line(line) } }
        let start = ContinuousClock.now
        var failures = 0
        for scenario in scenarios where !Task.isCancelled {
            let log = ScenarioLog(name: scenario.name, title: scenario.title, console: console)
            let begun = ContinuousClock.now
            do { try await scenario.run(environment, log) } catch {
                log.abort(CommandFailure(demo: error))
            }
            log.finish(after: ContinuousClock.now - begun)
            failures += log.failures
        }
        showTrace(environment)
        await environment.stop()
        if Interruption.happened { return .interrupted }
        showResult(failures, after: ContinuousClock.now - start)
        return failures == 0 ? .ok : .other
    }

    /// The trace of one flow, from the first stage to the last.
    private func showTrace(_ environment: DemoEnvironment) {
        guard let id = environment.shownFlow else { return }
        let lines = environment.trace.lines(of: id)
        if console.json {
            console.line([
                "correlation_id": .string(id),
                "trace": .array(environment.trace.events(of: id).map { .string($0) }),
            ])
        } else {
            console.line("\nTrace of one flow, correlation id \(id)")
            for line in lines { console.line("   " + line) }
        }
    }

    private func showResult(_ failures: Int, after time: Duration) {
        guard !console.json else { return }
        console.line("")
        console.line(
            failures == 0
                ? "All checks hold (\(Figures.time(time)))."
                : "\(failures) checks FAILED (\(Figures.time(time))).")
    }
}

extension CommandFailure {
    /// Whatever a scenario threw.
    init(demo error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as BridgeError: self.init(error)
        case let error as NATSError: self.init(error)
        case let error as JetStreamError: self.init(error)
        case let error as ClaimError: self.init(error)
        case let error as ArrowError: self.init(error, target: nil)
        default:
            self.init(.other, code: .demoFailed, stage: "demo", detail: "\(error)")
        }
    }
}
