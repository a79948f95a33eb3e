/// What `within` throws when time is up.
package struct TimeIsUp: Error, CustomStringConvertible {
    package let description: String
}

/// How long anything may take that a test waits for. A guard against hanging, never a way to
/// measure: a machine that runs the whole suite beside other work makes a second of work last a
/// minute.
package let patience = Duration.seconds(180)

/// Runs a body that must end within `limit`; afterwards it is cancelled and `TimeIsUp` is thrown.
package func within<Result: Sendable>(
    _ subject: String = "the test's body", limit: Duration = patience,
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
