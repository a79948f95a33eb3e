/// The messaging workloads by the words of a command line.
package enum MessagingCommand {
    /// What may stand behind the program's name.
    package static let usage = [
        "URL pub|sub SUBJECT COUNT SIZE", "URL pubn SUBJECT COUNT SIZE TASKS",
        "URL backlog SUBJECT COUNT SIZE", "URL rep SUBJECT",
        "URL connect SUBJECT COUNT [whole]", "URL keys SUBJECT COUNT",
        "URL object SUBJECT BYTES", "URL req|confirm|jssync SUBJECT COUNT SIZE",
        "URL reqc SUBJECT COUNT SIZE INFLIGHT", "URL jsasync SUBJECT COUNT SIZE WINDOW",
        "URL jsfetch STREAM DURABLE COUNT BATCH",
    ]
    /// What is to be said of them.
    package static let notes = """
        Each prints JSON lines with its figures. The messaging ones run in a detached task, or,
        with --main-actor or --client-thread before URL, on the main actor or on the client's own
        thread (NATSClient.taskExecutor).
        """

    /// Takes the place from the front of a command line.
    package static func place(_ arguments: inout [String]) -> BenchmarkPlace {
        guard let place = arguments.first.flatMap(BenchmarkPlace.init) else { return .pool }
        arguments.removeFirst()
        return place
    }

    /// Runs what the words name; false when they name nothing.
    package static func run(
        _ arguments: [String], at place: BenchmarkPlace
    ) async throws -> Bool {
        guard arguments.count > 2, arguments[0].contains(":") else { return false }
        return try await MessagingBenchmark(url: arguments[0], Array(arguments.dropFirst()))
            .run(at: place)
    }
}
