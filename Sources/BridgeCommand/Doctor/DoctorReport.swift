internal import BridgeBytes
package import BridgeConsole
internal import BridgeJSON

/// All findings of a run, in the forms that people and monitors read.
package struct DoctorReport: Sendable {
    /// Who reads it.
    package enum Format: String, Sendable, CaseIterable {
        case text
        case json
        case nagios
        case prometheus
    }

    package private(set) var findings: [DoctorFinding] = []

    package init() {}

    package mutating func add(_ more: [DoctorFinding]) { findings += more }

    /// The worst finding decides; of several the first.
    package var worst: DoctorFinding? {
        findings.reduce(nil) { worst, finding in
            guard let worst, worst.level >= finding.level else { return finding }
            return worst
        }
    }

    /// The exit code. A monitor of Nagios' kind has codes of its own: 0, 1 for a warning, 2.
    package func exit(_ format: Format) -> ExitCode {
        guard let worst else { return .ok }
        guard format == .nagios else { return worst.exit }
        switch worst.level {
        case .ok: return .ok
        case .warning: return .other
        case .critical: return .usage
        }
    }

    package func lines(_ format: Format) -> [String] {
        switch format {
        case .text: text
        case .json: findings.map { String(repairing: $0.json.encoded()) }
        case .nagios: nagios
        case .prometheus: prometheus
        }
    }

    private var text: [String] {
        let width = findings.map(\.check.count).max() ?? 0
        var lines: [String] = []
        for finding in findings {
            let level = Figures.padded(finding.level.word, 8)
            let check = Figures.padded(finding.check, width)
            lines.append("\(level)  \(check)  \(TerminalText.line(finding.message))")
            if let advice = finding.advice {
                lines.append(
                    String(repeating: " ", count: 12 + width) + "→ \(TerminalText.line(advice))")
            }
        }
        let bad = findings.count { $0.level != .ok }
        lines.append("")
        lines.append(
            bad == 0
                ? "all \(findings.count) checks are fine"
                : "\(bad) of \(findings.count) checks need a look")
        return lines
    }

    /// One line: the worst level, what is wrong, and behind a bar the figures.
    private var nagios: [String] {
        let level = worst?.level ?? .ok
        let bad = findings.filter { $0.level != .ok }.sorted { $0.level > $1.level }
        let told = bad.map { "\($0.check): \($0.message)" }.joined(separator: "; ")
        let figures = findings.flatMap(\.figures).map { "\($0.name)=\($0.value)" }
        let line = TerminalText.line(told.isEmpty ? "\(findings.count) checks" : told)
        let text = String(line.map { $0 == "|" ? "/" : $0 })
        return [
            "\(level.word.uppercased()) - natsbridge: \(text) | \(figures.joined(separator: " "))"
        ]
    }

    /// Prometheus' text form, for its textfile collector.
    private var prometheus: [String] {
        var lines = [
            "# HELP natsbridge_doctor_level How bad a check is: 0 ok, 1 warning, 2 critical.",
            "# TYPE natsbridge_doctor_level gauge",
        ]
        for check in ordered(findings.map(\.check)) {
            let level = findings.filter { $0.check == check }.map(\.level.rawValue).max() ?? 0
            lines.append("natsbridge_doctor_level{check=\"\(check)\"} \(level)")
        }
        for figure in findings.flatMap(\.figures) {
            let name = "natsbridge_doctor_\(figure.name)"
            lines += [
                "# HELP \(name) Measured by natsbridge doctor.", "# TYPE \(name) gauge",
                "\(name) \(figure.value)",
            ]
        }
        return lines
    }

    /// Each text once, where it came first.
    private func ordered(_ texts: [String]) -> [String] {
        texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
