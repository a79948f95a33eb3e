internal import BridgeBytes
internal import BridgeConsole
internal import NATSBridge
internal import NATSCore

/// What the benchmarks run on: a bridge, a second connection for whoever answers, and how much of
/// each.
struct BenchStage: Sendable {
    struct Settings: Sendable {
        var messages = 10_000
        var size = 128
        var bytes = 64_000_000
        var rows = 200_000
        var rounds = 5
    }

    let bridge: Bridge
    let partner: NATSClient
    let settings: Settings
    /// Of names, so that runs beside each other do not meet.
    let token: String

    var client: NATSClient { bridge.client }
    /// A latency is asked for less often than a rate, since each waits for the one before.
    var trips: Int { max(20, settings.messages / 10) }
    var payload: Bytes { Bytes([UInt8](repeating: 0x78, count: settings.size)) }

    /// Seconds that a piece of work takes.
    static func seconds(_ work: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await work()
        return max(Figures.seconds(ContinuousClock.now - start), 1e-9)
    }

    /// The same, once for nothing and then for each round.
    func rounds(
        _ name: String, _ live: LiveLine, _ work: () async throws -> Double
    ) async throws -> [Double] {
        _ = try await work()
        var samples: [Double] = []
        for round in 0..<settings.rounds {
            let last = samples.last.map { "  \(Figures.fixed($0, 0))" } ?? ""
            live.show("\(name)  round \(round + 1) of \(settings.rounds)\(last)")
            samples.append(try await work())
        }
        return samples
    }

    /// Microseconds of each trip, behind a tenth of them that is not counted.
    func trips(
        _ name: String, _ live: LiveLine, _ work: () async throws -> Void
    ) async throws -> [Double] {
        var samples: [Double] = []
        for trip in 0..<trips + trips / 10 {
            if trip % 100 == 0 {
                let last = samples.last.map { "  \(BenchFigure.Unit.microseconds.text($0))" } ?? ""
                live.show("\(name)  \(trip)\(last)")
            }
            let seconds = try await Self.seconds(work)
            if trip >= trips / 10 { samples.append(seconds * 1e6) }
        }
        return samples
    }
}
