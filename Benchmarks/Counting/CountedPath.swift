/// A hot path whose work is counted.
struct CountedPath {
    /// What one unit of the path is.
    enum Unit: String {
        case message
        case roundTrip = "round trip"
        case transfer, call
    }

    let name: String
    let unit: Unit
    /// Units of one run.
    let count: Int
    /// How far above its baseline a figure may be, for the kinds that are held to one; the others
    /// are shown. Twice what ten runs differed by, and less than one for each unit wherever they
    /// allow that.
    var slack: [WorkCounters.Kind: Double] = [.allocations: 0.5, .calls: 0.25, .wakeUps: 0.25]
    /// The kinds that are of interest.
    var kinds = WorkCounters.Kind.allCases
    /// Does so many units.
    let work: (Int) async throws -> Void

    /// Runs the work several times, after once to warm up, and takes the least of each figure:
    /// what disturbs a run adds to it and takes nothing away.
    func figures(runs: Int) async throws -> [CountedFigure] {
        try await work(max(1, count / 10))
        var least: [WorkCounters.Kind: Double] = [:]
        for _ in 0..<runs {
            guard let before = WorkCounters.now else { return [] }
            try await work(count)
            guard let after = WorkCounters.now else { return [] }
            for kind in kinds {
                guard let value = after.each(kind, since: before, units: count) else { continue }
                least[kind] = min(least[kind] ?? .infinity, value)
            }
        }
        return kinds.compactMap { kind in
            least[kind].map {
                CountedFigure(
                    path: name, unit: unit, kind: kind, value: $0,
                    // The same program retires nearly the same number each time.
                    slack: kind == .instructions ? max(100, $0 * 0.05) : slack[kind])
            }
        }
    }
}

/// How much of one kind a unit of a path costs.
struct CountedFigure {
    let path: String
    let unit: CountedPath.Unit
    let kind: WorkCounters.Kind
    let value: Double
    /// How much more it may be another time; nil: it is shown only.
    let slack: Double?

    /// `publish.allocations`
    var name: String { "\(path).\(kind.rawValue)" }
}
