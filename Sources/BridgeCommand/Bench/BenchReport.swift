package import BridgeBytes
package import BridgeConsole
package import BridgeJSON

/// What a run of the benchmarks found, and where: it can be saved, read again and compared.
package struct BenchReport: Sendable, Equatable {
    /// The form of the saved file.
    private static let form = 1

    package let version: String
    package let time: String
    /// `2 processors, AMD EPYC, Linux 6.1`.
    package let machine: String
    package let server: String
    package var figures: [BenchFigure]

    package init(
        version: String, time: String, machine: String, server: String, figures: [BenchFigure]
    ) {
        self.version = version
        self.time = time
        self.machine = machine
        self.server = server
        self.figures = figures
    }

    package var json: JSONValue {
        var object = JSONObject()
        object["natsbridge_bench"] = JSONValue(Self.form)
        object["version"] = .string(version)
        object["time"] = .string(time)
        object["machine"] = .string(machine)
        object["server"] = .string(server)
        object["figures"] = .array(figures.map(\.json))
        return .object(object)
    }

    /// A saved run.
    /// - Throws: `CommandFailure` with `invalid_argument` for what is none.
    package init(reading bytes: Bytes, from path: String) throws(CommandFailure) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: bytes) } catch {
            throw Self.failure(path, "it is not JSON: \(error)")
        }
        guard json["natsbridge_bench"]?.intValue == Self.form,
            let figures = json["figures"]?.arrayValue
        else { throw Self.failure(path, "it is no saved run of this form") }
        version = json["version"]?.stringValue ?? "?"
        time = json["time"]?.stringValue ?? "?"
        machine = json["machine"]?.stringValue ?? "?"
        server = json["server"]?.stringValue ?? "?"
        self.figures = []
        for (index, figure) in figures.enumerated() {
            guard let read = BenchFigure(figure) else {
                throw Self.failure(path, "figure \(index + 1) cannot be read")
            }
            self.figures.append(read)
        }
    }

    private static func failure(_ path: String, _ detail: String) -> CommandFailure {
        CommandFailure(
            .usage, code: .invalidArgument, stage: "read", target: path, detail: detail,
            hint: "write one with natsbridge bench --save FILE")
    }

    /// What a figure was before, where that run has it in the same unit.
    package func figure(like figure: BenchFigure) -> BenchFigure? {
        figures.first { $0.name == figure.name && $0.unit == figure.unit }
    }

    /// The report for a person: what, median, spread, samples; with an older run the change too,
    /// and with what another program found its median.
    package func lines(
        against older: BenchReport?, beside peer: BenchReport? = nil, width: Int
    ) -> [String] {
        var columns = [
            TextTable.Column("what"), TextTable.Column("median", isNumeric: true),
            TextTable.Column("10 %", isNumeric: true), TextTable.Column("90 %", isNumeric: true),
            TextTable.Column("samples", isNumeric: true),
        ]
        if older != nil {
            columns += [
                TextTable.Column("before", isNumeric: true),
                TextTable.Column("change", isNumeric: true), TextTable.Column(""),
            ]
        }
        if peer != nil { columns.append(TextTable.Column("peer", isNumeric: true)) }
        var table = TextTable(columns)
        for figure in figures {
            let unit = figure.unit
            var row = [
                figure.name, unit.text(figure.median), unit.text(figure.spread.low),
                unit.text(figure.spread.high), Figures.grouped(figure.count),
            ]
            if let older { row += Self.change(of: figure, from: older.figure(like: figure)) }
            if let peer {
                row.append(peer.figure(like: figure).map { unit.text($0.median) } ?? "–")
            }
            table.append(row)
        }
        var lines = table.lines(within: width)
        lines += ["", "natsbridge \(version), nats-server \(server), \(time)", machine]
        if let older { lines += ["before: \(older.version), \(older.time)", older.machine] }
        if let peer { lines += ["peer: \(peer.version), \(peer.time)", peer.machine] }
        return lines
    }

    /// What it was, how much of that the change is, and whether it is more than chance.
    private static func change(of figure: BenchFigure, from before: BenchFigure?) -> [String] {
        guard let before, before.median > 0 else { return ["–", "–", "new"] }
        let percent = (figure.median / before.median - 1) * 100
        let isBeyond =
            !before.isUsual(figure.median) && !figure.isUsual(before.median)
        let isBetter = figure.unit.isTime ? percent < 0 : percent > 0
        return [
            before.unit.text(before.median),
            (percent < 0 ? "" : "+") + Figures.fixed(percent, 1) + " %",
            isBeyond ? (isBetter ? "better" : "worse") : "",
        ]
    }

    /// The distributions of times as a picture: which share of the samples took no longer.
    package func picture(against older: BenchReport?) -> String {
        func lines(_ report: BenchReport, isBefore: Bool) -> [SVGChart.Line] {
            report.figures.filter { $0.unit.isTime }.map { figure in
                SVGChart.Line(
                    isBefore ? "\(figure.name), before" : figure.name,
                    zip(figure.distribution, BenchFigure.shares).map { ($0, $1 * 100) },
                    dashedLike: isBefore ? figure.name : nil)
            }
        }
        return SVGChart(
            "How long it takes: \(machine)",
            x: SVGChart.Axis("time", .logarithmic) { BenchFigure.Unit.microseconds.text($0) },
            y: SVGChart.Axis("share of the samples that took no longer") {
                Figures.fixed($0, 0) + " %"
            },
            lines(self, isBefore: false) + (older.map { lines($0, isBefore: true) } ?? [])
        ).svg
    }
}
