import BridgeBytes
import BridgeJSON
import Glibc
import MessagingBenchmarks
import NATSCore

/// Counts the work of the hot paths and holds it to the baselines: `make bench-check`.
enum CountCommand {
    /// Runs of each path; the least figure counts.
    private static let runs = 3

    /// - Parameters:
    ///   - folder: Where the file server may store.
    ///   - baselines: The file with the committed figures.
    ///   - rewrites: Whether that file is written anew instead.
    /// - Returns: The exit code: 1 when a figure is too great.
    static func run(
        url: String, folder: String, baselines: String, rewrites: Bool
    ) async throws -> Int32 {
        guard WorkCounters.now != nil else {
            throw BenchmarkFailure("start it with `make bench-check`, which preloads the counters")
        }
        let figures = try await figures(url: url, folder: folder)
        if !figures.contains(where: { $0.kind == .instructions }) {
            print("instructions are not counted on this machine")
        }
        let earlier = try? Bytes(mappingFile: baselines).decode(json: CountBaseline.self)
        guard !rewrites else {
            let baseline = CountBaseline(figures, keeping: earlier)
            try write(baseline, to: baselines)
            print("\(baseline.figures.count) baselines are in \(baselines)")
            return 0
        }
        guard let earlier else { throw BenchmarkFailure("\(baselines) cannot be read") }
        var verdict = CountVerdict()
        for figure in figures { verdict.judge(figure, earlier.entry(figure)) }
        print(verdict.text)
        print(verdict.failures == 0 ? "no figure is too great" : "\(verdict.failures) too great")
        return verdict.failures == 0 ? 0 : 1
    }

    private static func figures(url: String, folder: String) async throws -> [CountedFigure] {
        let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
        let transfers = try await CountedTransfers(client, folder: folder)
        var figures: [CountedFigure] = []
        let paths =
            try await CountedMessaging(client).paths() + transfers.paths() + CountedCodecs.paths()
        for path in paths { figures += try await path.figures(runs: runs) }
        await transfers.close()
        await client.close()
        return figures
    }

    /// A figure a line, so that a change of one is a change of one line.
    private static func write(_ baseline: CountBaseline, to path: String) throws {
        let lines = try baseline.figures.map { entry in
            String(decoding: Array(try Bytes(json: entry)), as: UTF8.self)
        }
        let text = "{\"figures\":[\n\(lines.joined(separator: ",\n"))\n]}\n"
        guard let file = unsafe fopen(path, "w") else {
            throw BenchmarkFailure("\(path) cannot be written")
        }
        unsafe _ = fputs(text, file)
        guard unsafe fclose(file) == 0 else { throw BenchmarkFailure("\(path) was not written") }
    }
}
