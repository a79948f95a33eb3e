internal import BridgeConsole

/// One of the mission's scenarios.
struct Scenario: Sendable {
    /// What the command line calls it.
    let name: String
    let title: String
    /// Runs it on the demo's servers; what it finds goes into the log. Throws when it cannot go
    /// on.
    let run: @Sendable (DemoEnvironment, ScenarioLog) async throws -> Void

    static let all = [
        Scenario(name: "1", title: "Command and control", run: CommandScenario.run),
        Scenario(name: "2", title: "Deep dive: a large table", run: TableScenario.run),
        Scenario(name: "3", title: "Live audio", run: AudioScenario.run),
        Scenario(name: "4", title: "Catch-up from a stream", run: CatchUpScenario.run),
        Scenario(name: "chat", title: "Mixed chat", run: ChatScenario.run),
    ]
}
