/// What was counted and timed up to one moment, for whoever collects it.
///
/// A metric's samples can be handed to any collector (`for metric in metrics`), and `exposition`
/// is the text that Prometheus scrapes.
public struct Metrics: Sendable, Hashable {
    private var metrics: [Metric]

    package init(_ metrics: [Metric]) { self.metrics = metrics }

    /// The metric of that name, by OpenTelemetry's conventions; nil when there is none.
    public subscript(name: String) -> Metric? { metrics.first { $0.name == name } }

    /// Adds others behind these. Names that both have would be told twice.
    package static func + (left: Metrics, right: Metrics) -> Metrics {
        Metrics(left.metrics + right.metrics)
    }

    /// The media type of `exposition`.
    public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// The metrics in the text format of OpenMetrics 1.0, which Prometheus reads. The same metrics
    /// have the same text. Complexity: O(n) in the samples.
    public var exposition: String {
        var text = ""
        for metric in metrics {
            let name = metric.exposedName
            text += "# TYPE \(name) \(metric.kind)\n"
            if metric.unit != .none { text += "# UNIT \(name) \(metric.unit)\n" }
            text += "# HELP \(name) \(Self.escaped(metric.help))\n"
            for sample in metric.samples {
                let labels = sample.labels.map {
                    "\(Self.labelName($0.name))=\"\(Self.escaped($0.value))\""
                }
                let set = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
                text += "\(sample.name)\(set) \(Self.number(sample.value))\n"
            }
        }
        return text + "# EOF\n"
    }

    private static func labelName(_ name: String) -> String {
        String(name.map { $0 == "." ? "_" : $0 })
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers as such: counts are read by people too.
    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}

extension Metrics: RandomAccessCollection, CustomStringConvertible {
    public var startIndex: Int { metrics.startIndex }
    public var endIndex: Int { metrics.endIndex }
    /// The metric at a position. Complexity: O(1).
    public subscript(position: Int) -> Metric { metrics[position] }

    /// The text for Prometheus.
    public var description: String { exposition }
}
