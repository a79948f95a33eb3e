import BridgeBytes
import BridgeCommand
import BridgeConsole
import BridgeJSON
import Foundation
import Testing

/// What a run is saved as, read as, compared and drawn.
@Suite struct BenchReportTests {
    private static func report(_ figures: [BenchFigure]) -> BenchReport {
        BenchReport(
            version: "1.2.3", time: "2026-03-13T07:02:50.443Z", machine: "2 processors",
            server: "2.11.0", figures: figures)
    }

    private static let times = BenchFigure(
        "core.request", .microseconds, (1...1000).map { Double($0) })
    private static let rates = BenchFigure("core.publish", .messages, [100, 300, 200])

    @Test func `a figure has the values that shares of its samples do not exceed`() {
        #expect(Self.times.median == 500)
        #expect(Self.times.spread == (100, 900))
        #expect(Self.times.value(at: 0.99) == 990)
        #expect(Self.times.value(at: 0) == 1)
        #expect(Self.times.value(at: 1) == 1000)
        #expect(Self.rates.median == 200)
        #expect(Self.rates.count == 3)
        let one = BenchFigure("x", .megabytes, [7])
        #expect(one.distribution.allSatisfy { $0 == 7 })
    }

    @Test func `what is saved is read again`() throws {
        let report = Self.report([Self.times, Self.rates])
        let text = Bytes(utf8: report.json.description)
        #expect(try BenchReport(reading: text, from: "saved") == report)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"natsbridge_bench": 2, "figures": []}"#,
        #"{"natsbridge_bench": 1, "figures": [{"name": "x"}]}"#,
        #"{"natsbridge_bench": 1, "figures": [{"name": "x", "unit": "parsecs", "count": 1}]}"#,
    ])
    func `what is no saved run is refused`(_ text: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try BenchReport(reading: Bytes(utf8: text), from: "saved")
        }
        #expect(failure?.code == .invalidArgument)
        #expect(failure?.target == "saved")
    }

    /// Each value of a saved figure that is missing or no number is a fault, and none a default.
    @Test func `a saved figure with a hole is refused`() throws {
        let figure = try #require(Self.times.json.objectValue)
        for key in ["name", "unit", "count", "distribution"] {
            var spoiled = figure
            spoiled[key] = .null
            #expect(BenchFigure(.object(spoiled)) == nil, "\(key)")
        }
        var spoiled = figure
        spoiled["distribution"] = .array([])
        #expect(BenchFigure(.object(spoiled)) == nil)
        #expect(BenchFigure(.object(figure)) == Self.times)
    }

    @Test func `a change is called one only beyond the spread of before`() {
        let before = Self.report([Self.times, BenchFigure("core.publish", .messages, [100, 110])])
        let slower = BenchFigure("core.request", .microseconds, [950, 950, 950])
        let same = BenchFigure("core.request", .microseconds, [600])
        let faster = BenchFigure("core.publish", .messages, [220])
        let restless = BenchFigure("core.request", .microseconds, [400, 950, 980, 990])
        let other = BenchFigure("table.read", .megabytes, [1])
        func line(_ figure: BenchFigure) -> String {
            Self.report([figure]).lines(against: before, width: 120)
                .first { $0.contains(figure.name) } ?? ""
        }
        #expect(line(slower).contains("+90.0 %") && line(slower).contains("worse"))
        #expect(line(same).contains("+20.0 %"))
        #expect(!line(same).contains("worse") && !line(same).contains("better"))
        #expect(!line(restless).contains("worse"))
        #expect(line(faster).contains("+120.0 %") && line(faster).contains("better"))
        #expect(line(other).contains("new"))
    }

    @Test func `the report says what, median, spread, samples and the machine`() {
        let lines = Self.report([Self.times, Self.rates]).lines(against: nil, width: 100)
        let text = lines.joined(separator: "\n")
        for part in ["500 µs", "100 µs", "900 µs", "1,000", "200 /s", "2 processors", "2.11.0"] {
            #expect(text.contains(part), "\(part)\n\(text)")
        }
    }

    @Test func `what another program found stands beside`() {
        let peer = Self.report([BenchFigure("core.request", .microseconds, [750])])
        let lines = Self.report([Self.times, Self.rates])
            .lines(against: nil, beside: peer, width: 100)
        #expect(lines[0].hasSuffix("peer"))
        #expect(lines.contains { $0.contains("core.request") && $0.hasSuffix("750 µs") })
        #expect(lines.contains { $0.contains("core.publish") && $0.hasSuffix("–") })
        #expect(lines.contains { $0.hasPrefix("peer: 1.2.3, ") })
    }

    @Test func `the picture has a line for each figure of time`() {
        let report = Self.report([Self.times, Self.rates])
        let alone = report.picture(against: nil)
        let compared = report.picture(against: report)
        #expect(alone.components(separatedBy: "<polyline").count == 2)
        #expect(compared.components(separatedBy: "<polyline").count == 3)
        #expect(compared.contains("core.request, before"))
        #expect(!alone.contains("core.publish"))
    }
}
