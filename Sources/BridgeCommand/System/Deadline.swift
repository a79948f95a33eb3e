/// A bound on a piece of work.
enum Deadline {
    private enum Outcome<T: Sendable>: Sendable {
        case done(Result<T, CommandFailure>)
        case late
    }

    /// Runs a body; when it has not ended in time it is cancelled, and a timeout is thrown.
    /// Without a bound the body just runs.
    static func run<T: Sendable>(
        _ limit: Duration?, stage: String, target: String? = nil,
        _ body: @escaping @Sendable () async throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        guard let limit else { return try await body() }
        let outcome = await withTaskGroup(of: Outcome<T>.self) { group -> Outcome<T> in
            group.addTask {
                do throws(CommandFailure) { return .done(.success(try await body())) } catch {
                    return .done(.failure(error))
                }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return .late
            }
            let first = await group.next() ?? .late
            group.cancelAll()
            return first
        }
        switch outcome {
        case .done(let result): return try result.get()
        case .late:
            throw CommandFailure(
                .timeout, code: "timeout", stage: stage, target: target,
                detail: "not done after \(Figures.time(limit))",
                hint: "--timeout gives it more time")
        }
    }
}
