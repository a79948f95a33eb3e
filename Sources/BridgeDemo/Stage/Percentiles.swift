/// Order statistics of a set of measured times.
package struct Percentiles: Sendable {
    private let sorted: [Duration]

    package init(_ samples: [Duration]) { sorted = samples.sorted() }

    package var count: Int { sorted.count }

    /// The smallest sample that at least `fraction` of all samples do not exceed (nearest rank);
    /// nil without samples.
    package func value(at fraction: Double) -> Duration? {
        precondition((0...1).contains(fraction), "a percentile lies between 0 and 1")
        guard !sorted.isEmpty else { return nil }
        let rank = Int((fraction * Double(sorted.count)).rounded(.up))
        return sorted[max(rank, 1) - 1]
    }
}
