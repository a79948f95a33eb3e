package import NATSCore

/// Where the caller of the client runs.
package enum BenchmarkPlace: String, Sendable {
    case pool = "--pool"
    case mainActor = "--main-actor"
    case clientThread = "--client-thread"

    package func run<T: Sendable>(
        _ client: NATSClient, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        switch self {
        case .pool: try await Task.detached { try await body() }.value
        case .mainActor: try await Task { @MainActor in try await body() }.value
        case .clientThread:
            try await Task.detached(executorPreference: client.taskExecutor) {
                try await body()
            }.value
        }
    }
}
