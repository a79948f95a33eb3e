/// Chooses the benchmark that the command line names.
enum BenchmarkCommand {
    static let usage = """
        usage: natsbridge-bench URL pub|sub SUBJECT COUNT SIZE
               natsbridge-bench URL pubn SUBJECT COUNT SIZE TASKS
               natsbridge-bench URL backlog SUBJECT COUNT SIZE
               natsbridge-bench URL rep SUBJECT
               natsbridge-bench URL connect SUBJECT COUNT [whole]
               natsbridge-bench URL keys SUBJECT COUNT
               natsbridge-bench URL object SUBJECT BYTES
               natsbridge-bench URL req|confirm|send|jssync SUBJECT COUNT SIZE
               natsbridge-bench URL reqc SUBJECT COUNT SIZE INFLIGHT
               natsbridge-bench URL jsasync SUBJECT COUNT SIZE WINDOW
               natsbridge-bench URL jsfetch STREAM DURABLE COUNT BATCH
               natsbridge-bench codec
               natsbridge-bench envelope
               natsbridge-bench arrow [ROWS [FILE]]
               natsbridge-bench arrow-files ROWS FILE
               natsbridge-bench compressed FILE [REPETITIONS]
               natsbridge-bench http DIRECTORY [MEBIBYTES]
               natsbridge-bench ranges LINK BYTES
               natsbridge-bench count check|rewrite URL DIRECTORY BASELINES
        Each prints JSON lines with its figures. The messaging ones run in a detached task, or,
        with --main-actor or --client-thread before URL, on the main actor or on the client's own
        thread (NATSClient.taskExecutor).
        """

    /// Runs what the words name; returns the exit code: 0, 1 for a failure, 2 for wrong words.
    static func run(_ arguments: [String]) async -> Int32 {
        var arguments = arguments
        var place = MessagingBenchmark.Place.pool
        if let named = arguments.first.flatMap(MessagingBenchmark.Place.init) {
            place = named
            arguments.removeFirst()
        }
        do {
            let numbers = arguments.dropFirst(1).compactMap { Int($0) }
            switch (arguments.first ?? "", arguments.count) {
            case ("codec", 1): try await CodecBenchmark.run()
            case ("envelope", 1): try await EnvelopeBenchmark.run()
            case ("arrow", 1...3):
                try await ArrowBenchmark.run(
                    rows: numbers.first ?? 10_000_000,
                    file: arguments.count == 3 ? arguments[2] : nil)
            case ("arrow-files", 3):
                try await ArrowFileBenchmark.run(
                    rows: numbers.first ?? 10_000_000, file: arguments[2])
            case ("compressed", 2...3):
                try await CompressionBenchmark.run(
                    path: arguments[1], repetitions: numbers.last ?? 5)
            case ("http", 2...3):
                try await HTTPBenchmark.run(
                    directory: arguments[1], megabytes: numbers.last ?? 500)
            case ("ranges", 3):
                try await RangeBenchmark.run(url: arguments[1], size: numbers.last ?? 0)
            case ("count", 5) where ["check", "rewrite"].contains(arguments[1]):
                return try await CountCommand.run(
                    url: arguments[2], folder: arguments[3], baselines: arguments[4],
                    rewrites: arguments[1] == "rewrite")
            case (let url, 3...) where url.contains(":"):
                let benchmark = try await MessagingBenchmark(url: url, Array(arguments.dropFirst()))
                return try await benchmark.run(at: place) ? 0 : misuse()
            default: return misuse()
            }
            return 0
        } catch {
            print("{\"error\":\"\(error)\"}")
            return 1
        }
    }

    private static func misuse() -> Int32 {
        print(usage)
        return 2
    }
}
