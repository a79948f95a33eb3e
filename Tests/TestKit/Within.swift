/// What `within` throws when time is up.
package struct TimeIsUp: Error, CustomStringConvertible {
    package let description: String
}

/// Runs a body that must end within `limit`; afterwards it is cancelled and `TimeIsUp` is thrown.
/// A guard against hanging, never a way to measure: choose the limit generously.
package func within<Result: Sendable>(
    _ limit: Duration, _ subject: String = "the test's body",
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TimeIsUp(description: "\(subject) did not end within \(limit)")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
