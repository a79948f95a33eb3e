internal import BridgeBytes
internal import NATSBridge
package import NATSCore

/// A bound on a piece of work, and on its end when it is cancelled.
///
/// ## Theory of operation
/// The work runs in a task of its own. When its time is over, or when the command is interrupted,
/// the task is cancelled and has `grace` to say what it knows: whether a message that was being
/// sent may have arrived, and what became of its uploads. A cancelled piece of work may still
/// have succeeded, or have failed by itself; then that counts. What says nothing within `grace`
/// is left behind: the process ends soon.
package enum Deadline {
    /// How long a cancelled piece of work is waited for.
    package static let grace = Duration.seconds(2)

    private enum Event<T: Sendable>: Sendable {
        case done(Result<T, CommandFailure>)
        case late
        case interrupted
        case graceOver
    }

    /// What a piece of work is and what it may take, for the failure that ends it.
    private struct Work: Sendable {
        let limit: Duration?
        let stage: String
        let target: String?
        let grace: Duration
        let silence: PublishOutcome?
    }

    /// Runs a body; when it has not ended in time, or the surrounding task is cancelled, it is
    /// cancelled too. Without a bound only the latter can happen.
    /// - Parameter silence: What is known of the message when the body says nothing of it in time;
    ///   nil where it sends none.
    /// - Throws: What the body throws; else a failure with the exit code `timeout` or
    ///   `interrupted`, and with what the body knew.
    package static func run<T: Sendable>(
        _ limit: Duration?, stage: String, target: String? = nil, grace: Duration = grace,
        silence: PublishOutcome? = nil,
        _ body: @escaping @Sendable () async throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        let (events, continuation) = AsyncStream.makeStream(of: Event<T>.self)
        let task = Task {
            do throws(CommandFailure) {
                continuation.yield(.done(.success(try await body())))
            } catch {
                continuation.yield(.done(.failure(error)))
            }
        }
        let timer = limit.map { limit in
            Task {
                try? await Task.sleep(for: limit)
                continuation.yield(.late)
            }
        }
        let work = Work(
            limit: limit, stage: stage, target: target, grace: grace, silence: silence)
        // A task of its own, since reading the events must go on when this one is cancelled.
        let result = await withTaskCancellationHandler {
            await Task { await judge(events, continuation, task, work) }.value
        } onCancel: {
            continuation.yield(.interrupted)
        }
        timer?.cancel()
        continuation.finish()
        return try result.get()
    }

    private static func judge<T: Sendable>(
        _ events: AsyncStream<Event<T>>, _ continuation: AsyncStream<Event<T>>.Continuation,
        _ task: Task<Void, Never>, _ work: Work
    ) async -> Result<T, CommandFailure> {
        var ending: CommandFailure?
        for await event in events {
            switch event {
            case .done(.failure(let failure)):
                guard var ending, failure.exit == .interrupted else { return .failure(failure) }
                ending.add(what: failure)
                return .failure(ending)
            case .done(let result): return result
            case .late, .interrupted:
                guard ending == nil else { continue }
                ending = if case .late = event { late(work) } else { interrupted(work) }
                StandardOutput.noteEnding()
                task.cancel()
                Task {
                    try? await Task.sleep(for: work.grace)
                    continuation.yield(.graceOver)
                }
            case .graceOver:
                var ending = ending ?? interrupted(work)
                if let deed = StandardOutput.deedDone {
                    ending.detail += "; \(deed.sentence), and its output was not taken"
                    ending.outcome = deed.outcome
                } else {
                    ending.detail += "; what it had done by then is not known"
                    ending.outcome = work.silence?.rawValue
                }
                return .failure(ending)
            }
        }
        return .failure(ending ?? interrupted(work))
    }

    private static func late(_ work: Work) -> CommandFailure {
        var failure = CommandFailure(
            .timeout, code: .timeout, stage: work.stage, target: work.target,
            detail: "not done after \(Figures.time(work.limit ?? .zero))",
            hint: "--timeout gives it more time")
        failure.isDeadline = true
        return failure
    }

    private static func interrupted(_ work: Work) -> CommandFailure {
        CommandFailure(
            .interrupted, code: .cancelled, stage: work.stage, target: work.target,
            detail: "interrupted")
    }
}

extension CommandFailure {
    /// Adds what a cancelled piece of work knew of the message that it was sending.
    fileprivate mutating func add(what failure: CommandFailure) {
        correlationID = failure.correlationID
        guard let known = failure.outcome.flatMap(PublishOutcome.init) else { return }
        outcome = failure.outcome
        let sentence = MessageFate.sentence(known)
        if !failure.detail.holds(sentence) { detail += "; \(sentence)" }
        if !failure.detail.isEmpty { detail += ": \(failure.detail)" }
    }
}
