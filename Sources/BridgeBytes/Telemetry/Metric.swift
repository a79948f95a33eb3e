/// A measured quantity with its samples.
///
/// Its name is OpenTelemetry's (`messaging.client.sent.messages`); samples bear the name that
/// Prometheus gives them (`messaging_client_sent_messages_total`).
public struct Metric: Sendable, Hashable {
    /// How its values behave.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Only grows, from zero at the start.
        case counter
        /// Goes up and down.
        case gauge
        /// How many values lay below each of some bounds, with their count and sum.
        case histogram
    }

    /// What its values count.
    public enum Unit: String, Sendable, Hashable, CaseIterable {
        /// Things: the name says which.
        case none = ""
        /// Bytes.
        case bytes
        /// Seconds.
        case seconds
    }

    /// One value.
    public struct Sample: Sendable, Hashable {
        /// The name with its ending, such as `_total` or `_bucket`.
        public let name: String
        /// What tells it from the other samples, in a fixed order.
        public let labels: [LogEvent.Field]
        /// The value, in the metric's unit.
        public let value: Double
    }

    /// The name by OpenTelemetry's conventions.
    public let name: String
    /// How its values behave.
    public let kind: Kind
    /// What its values count.
    public let unit: Unit
    /// A sentence for people.
    public let help: String
    /// The values, in a fixed order.
    public let samples: [Sample]

    /// The name by the rules of Prometheus: underscores for dots, and the unit at the end.
    public var exposedName: String { Self.exposedName(name, unit) }

    private static func exposedName(_ name: String, _ unit: Unit) -> String {
        let base = String(name.map { $0 == "." ? "_" : $0 })
        return unit == .none || base.hasSuffix("_\(unit.rawValue)") ? base : "\(base)_\(unit)"
    }

    /// A counter or gauge with one value for each set of labels.
    package init(
        _ name: String, _ kind: Kind, unit: Unit = .none, help: String,
        values: [(labels: [LogEvent.Field], value: Int)]
    ) {
        let exposed = Self.exposedName(name, unit) + (kind == .counter ? "_total" : "")
        (self.name, self.kind, self.unit, self.help) = (name, kind, unit, help)
        samples = values.map {
            Sample(name: exposed, labels: $0.labels, value: Double($0.value))
        }
    }

    /// A counter or gauge with one value.
    package init(
        _ name: String, _ kind: Kind, unit: Unit = .none, _ value: Int, help: String
    ) {
        self.init(name, kind, unit: unit, help: help, values: [([], value)])
    }

    /// Histograms of durations, one for each set of labels.
    package init(
        durations name: String, help: String,
        histograms: [(labels: [LogEvent.Field], value: DurationHistogram)]
    ) {
        let exposed = Self.exposedName(name, .seconds)
        (self.name, kind, unit, self.help) = (name, .histogram, .seconds, help)
        samples = histograms.flatMap { labels, histogram in
            histogram.cumulativeCounts.map { bound, count in
                let bound = LogEvent.Field("le", bound.map { "\($0)" } ?? "+Inf")
                return Sample(
                    name: "\(exposed)_bucket", labels: labels + [bound], value: Double(count))
            } + [
                Sample(name: "\(exposed)_count", labels: labels, value: Double(histogram.count)),
                Sample(name: "\(exposed)_sum", labels: labels, value: histogram.sum / .seconds(1)),
            ]
        }
    }
}
