import NATSCore

/// Chooses the benchmark that the command line names.
enum BenchmarkCommand {
    static let usage = """
        usage: natsbridge-bench URL pub|sub SUBJECT COUNT SIZE
               natsbridge-bench URL rep SUBJECT
               natsbridge-bench URL req SUBJECT COUNT SIZE
               natsbridge-bench URL reqc SUBJECT COUNT SIZE INFLIGHT
        Each prints one JSON line with its figures.
        """

    static func run(_ arguments: [String]) async {
        do {
            guard arguments.count >= 3, arguments[0].contains(":") else {
                print(usage)
                return
            }
            let peer = try await MessagingBenchmark(
                url: arguments[0], mode: arguments[1], subject: arguments[2],
                numbers: arguments.dropFirst(3).compactMap { Int($0) })
            try await peer.run()
        } catch {
            print("error: \(error)")
        }
    }
}
