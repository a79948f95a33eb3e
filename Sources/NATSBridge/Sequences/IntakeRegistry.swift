internal import NATSJetStream
internal import Synchronization

/// The intakes of a bridge that run, so that its end can be theirs.
final class IntakeRegistry: Sendable {
    private let intakes = Mutex<[ObjectIdentifier: Intake]>([:])

    var all: [Intake] { intakes.withLock { Array($0.values) } }

    func add(_ intake: Intake) { intakes.withLock { $0[ObjectIdentifier(intake)] = intake } }

    func remove(_ intake: Intake) { intakes.withLock { $0[ObjectIdentifier(intake)] = nil } }

    /// Ends all interests and waits until what was received is consumed.
    /// - Returns: How many messages were not consumed at the deadline.
    func drain(until deadline: ContinuousClock.Instant) async -> Int {
        let intakes = all
        return await withTaskGroup(of: Int.self) { group in
            for intake in intakes {
                group.addTask { await intake.drain(until: deadline) }
            }
            return await group.reduce(0, +)
        }
    }
}

/// The workers of a bridge that run, so that its end can be theirs.
final class WorkerRegistry: Sendable {
    private let workers = Mutex<[ObjectIdentifier: JetStreamWorker]>([:])

    func add(_ worker: JetStreamWorker) {
        workers.withLock { $0[ObjectIdentifier(worker)] = worker }
    }

    func remove(_ worker: JetStreamWorker) {
        workers.withLock { $0[ObjectIdentifier(worker)] = nil }
    }

    /// Ends all of them in peace.
    /// - Returns: How many messages were not done with at the deadline.
    func drain(until deadline: ContinuousClock.Instant) async -> Int {
        let workers = workers.withLock { Array($0.values) }
        return await withTaskGroup(of: Int.self) { group in
            for worker in workers {
                group.addTask { await worker.drain(until: deadline) }
            }
            return await group.reduce(0, +)
        }
    }
}
