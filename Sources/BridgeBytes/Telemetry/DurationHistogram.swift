/// How many durations lay below each of some bounds.
package struct DurationHistogram: Sendable, Hashable {
    /// The bounds in seconds that OpenTelemetry's conventions for messaging ask for.
    package static let bounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    ]

    /// Values of each bucket alone; the last one holds what lies above all bounds.
    private var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// All values together.
    package private(set) var sum: Duration = .zero

    package init() {}

    /// Values that were recorded.
    package var count: Int { counts.reduce(0, +) }

    /// Counts a duration; one below zero counts as none.
    package mutating func record(_ duration: Duration) {
        let duration = max(duration, .zero)
        let seconds = duration / .seconds(1)
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        counts[bucket] += 1
        sum += duration
    }

    /// For each bound how many values lay at or below it; the last, without a bound, counts all.
    package var cumulativeCounts: [(bound: Double?, count: Int)] {
        var total = 0
        return counts.indices.map { index in
            total += counts[index]
            return (index < Self.bounds.count ? Self.bounds[index] : nil, total)
        }
    }
}

/// Durations of operations, apart by name and by how they ended.
package struct DurationTable: Sendable {
    /// Most pairs of a name and an ending that are told apart. Codes of errors may come from
    /// peers' words; what comes later counts as `otherError`.
    package static let maxSeries = 256
    /// OpenTelemetry's word for an error that has no name of its own.
    package static let otherError = "_OTHER"

    private struct Key: Hashable, Comparable {
        let operation: String
        let error: String

        static func < (left: Key, right: Key) -> Bool {
            (left.operation, left.error) < (right.operation, right.error)
        }
    }

    private var histograms: [Key: DurationHistogram] = [:]

    package init() {}

    /// Counts an operation that took `duration`.
    /// - Parameter error: Why it failed; nil when it did not.
    package mutating func record(
        _ operation: String, _ error: ErrorCode?, _ duration: Duration
    ) {
        var key = Key(operation: operation, error: error?.rawValue ?? "")
        if histograms.count >= Self.maxSeries, histograms[key] == nil {
            key = Key(operation: operation, error: Self.otherError)
        }
        histograms[key, default: DurationHistogram()].record(duration)
    }

    /// A metric with the labels `messaging.operation.name` and, of failures, `error.type`.
    package func metric(_ name: String, help: String) -> Metric {
        let sorted = histograms.sorted { $0.key < $1.key }
        return Metric(
            durations: name, help: help,
            histograms: sorted.map { key, histogram in
                let error = key.error.isEmpty ? [] : [LogEvent.Field("error.type", key.error)]
                return (
                    [LogEvent.Field("messaging.operation.name", key.operation)] + error, histogram
                )
            })
    }
}
