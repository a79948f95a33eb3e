internal import Synchronization

/// The intakes of a bridge that run, so that its end can be theirs.
final class IntakeRegistry: Sendable {
    private let intakes = Mutex<[ObjectIdentifier: Intake]>([:])

    var all: [Intake] { intakes.withLock { Array($0.values) } }

    func add(_ intake: Intake) { intakes.withLock { $0[ObjectIdentifier(intake)] = intake } }

    func remove(_ intake: Intake) { intakes.withLock { $0[ObjectIdentifier(intake)] = nil } }

    /// Ends all interests and waits until what was received is consumed. Those that take longer
    /// are ended.
    /// - Returns: Whether everything was consumed.
    func drain(within patience: Duration) async -> Bool {
        let intakes = all
        guard !intakes.isEmpty else { return true }
        let watch = Task.detached {
            guard (try? await ContinuousClock().sleep(for: patience)) != nil else { return true }
            for intake in intakes { intake.close() }
            return false
        }
        await withTaskGroup(of: Void.self) { group in
            for intake in intakes {
                group.addTask {
                    await intake.drain()
                }
            }
        }
        watch.cancel()
        return await watch.value
    }
}
