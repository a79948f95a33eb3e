import BridgeBytes
import BridgeJSON

/// The committed figures: `Benchmarks/Baselines/counts.json`.
///
/// A figure may be greater than its baseline by `slack`, which is a number of its own unit; what
/// is far below is told as well, so that the baseline follows. Where there is no `slack` the
/// figure is shown and held to nothing.
struct CountBaseline: Codable {
    struct Entry: Codable {
        let name: String
        let unit: String
        var value: Double
        var slack: Double?
    }

    var figures: [Entry]

    func entry(_ figure: CountedFigure) -> Entry? { figures.first { $0.name == figure.name } }

    init(_ measured: [CountedFigure], keeping earlier: CountBaseline?) {
        figures = measured.map { figure in
            Entry(
                name: figure.name, unit: figure.unit.rawValue,
                value: Self.rounded(figure.value), slack: figure.slack.map(Self.rounded))
        }
        // What this machine does not count stays as another one counted it.
        let names = Set(figures.map(\.name))
        figures += (earlier?.figures ?? []).filter { !names.contains($0.name) }
    }

    private static func rounded(_ value: Double) -> Double {
        value < 10 ? (value * 1000).rounded() / 1000 : (value * 10).rounded() / 10
    }
}

/// What became of the figures.
struct CountVerdict {
    private var lines: [String] = []
    private(set) var failures = 0

    mutating func judge(_ figure: CountedFigure, _ entry: CountBaseline.Entry?) {
        let now = Self.text(figure.value)
        guard let entry else { return add(figure.name, "-", now, "-", "no baseline") }
        let baseline = Self.text(entry.value)
        guard let slack = entry.slack else { return add(figure.name, baseline, now, "-", "") }
        let limit = entry.value + slack
        let isOver = figure.value > limit
        let isUnder = figure.value < entry.value - slack
        if isOver { failures += 1 }
        add(
            figure.name, baseline, now, Self.text(limit),
            isOver ? "TOO MUCH" : isUnder ? "less: rewrite the baseline" : "ok")
    }

    private mutating func add(_ columns: String...) {
        let widths = [40, 14, 14, 14, 0]
        lines.append(
            zip(columns, widths).enumerated().map { index, pair in
                let blanks = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
                return index == 0 || pair.1 == 0 ? pair.0 + blanks : blanks + pair.0
            }.joined(separator: " "))
    }

    /// The table, a line for each figure.
    var text: String {
        var head = CountVerdict()
        head.add("figure, per unit", "baseline", "now", "allowed", "")
        return (head.lines + lines).joined(separator: "\n")
    }

    private static func text(_ value: Double) -> String {
        let scaled = (value * 1000).rounded() / 1000
        return value >= 1000 ? "\(Int(value.rounded()))" : "\(scaled)"
    }
}
