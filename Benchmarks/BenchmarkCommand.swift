import MessagingBenchmarks

/// Chooses the benchmark that the command line names.
enum BenchmarkCommand {
    private static let words =
        MessagingCommand.usage + [
            "URL send SUBJECT COUNT SIZE", "codec", "envelope", "arrow [ROWS [FILE]]",
            "arrow-files ROWS FILE", "compressed FILE [REPETITIONS]", "http DIRECTORY [MEBIBYTES]",
            "ranges LINK BYTES", "count check|rewrite URL DIRECTORY BASELINES",
        ]

    /// Runs what the words name; returns the exit code: 0, 1 for a failure, 2 for wrong words.
    static func run(_ arguments: [String]) async -> Int32 {
        var arguments = arguments
        let place = MessagingCommand.place(&arguments)
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
            case (let url, 5) where arguments[1] == "send" && numbers.count == 2:
                try await SendBenchmark.run(
                    url: url, subject: arguments[2], count: numbers[0], size: numbers[1], at: place)
            default: return try await MessagingCommand.run(arguments, at: place) ? 0 : misuse()
            }
            return 0
        } catch {
            print("{\"error\":\"\(error)\"}")
            return 1
        }
    }

    private static func misuse() -> Int32 {
        for words in words { print("usage: natsbridge-bench \(words)") }
        print(MessagingCommand.notes)
        return 2
    }
}
