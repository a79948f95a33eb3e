import BridgeConsole
import Foundation
import FoundationXML
import Testing

/// Charts as files: well formed, with every point inside.
@Suite struct SVGChartTests {
    private func chart(
        _ points: [(x: Double, y: Double)], _ scale: SVGChart.Scale = .linear, title: String = "T"
    ) -> String {
        SVGChart(
            title, x: SVGChart.Axis("x", scale) { "\($0)" }, y: SVGChart.Axis("y") { "\($0)" },
            [SVGChart.Line("line", points)]
        ).svg
    }

    private func points(_ svg: String) throws -> [(Double, Double)] {
        let text = try #require(svg.firstMatch(of: /points="([^"]*)"/)).1
        return text.split(separator: " ").map { pair in
            let numbers = pair.split(separator: ",").compactMap { Double($0) }
            return (numbers[0], numbers[1])
        }
    }

    private func isWellFormed(_ svg: String) -> Bool {
        XMLParser(data: Data(svg.utf8)).parse()
    }

    @Test(arguments: [SVGChart.Scale.linear, .logarithmic])
    func `the least lies at the left and the greatest at the right`(
        _ scale: SVGChart.Scale
    ) throws {
        let svg = chart([(1, 0), (10, 50), (100, 100)], scale)
        #expect(isWellFormed(svg))
        let places = try points(svg)
        #expect(places.count == 3)
        #expect(places[0].0 < places[1].0 && places[1].0 < places[2].0)
        #expect(places[0].1 > places[2].1)
        for (x, y) in places { #expect((84...836).contains(x) && (66...402).contains(y)) }
        // Ten times as much is as far again where the scale is logarithmic.
        if case .logarithmic = scale {
            #expect(abs((places[1].0 - places[0].0) - (places[2].0 - places[1].0)) < 0.1)
        }
    }

    @Test func `what has no place is left out, and nothing is drawn of nothing`() throws {
        #expect(try points(chart([(0, 1), (-3, 1), (.nan, 1), (5, 1)], .logarithmic)).count == 1)
        for scale in [SVGChart.Scale.linear, .logarithmic] {
            #expect(isWellFormed(chart([], scale)))
            #expect(isWellFormed(chart([(7, 7), (7, 7)], scale)))
            #expect(isWellFormed(chart([(1e-300, 0), (1e300, 1)], scale)))
            #expect(isWellFormed(chart([(1e-240, -1e240), (1e240, 1e240)], scale)))
            #expect(isWellFormed(chart([(1, 1e-240), (1, 0)], scale)))
        }
    }

    @Test func `a text of a file does not become markup`() {
        let svg = chart([(1, 1)], title: "<script>\"&'\u{1b}[31m</script>")
        #expect(isWellFormed(svg))
        #expect(!svg.contains("<script>") && !svg.contains("\u{1b}"))
    }

    @Test func `a line that is like another has its colour and is dashed`() throws {
        let line = SVGChart.Line("now", [(1, 1), (2, 2)])
        let svg = SVGChart(
            "T", x: SVGChart.Axis("x") { "\($0)" }, y: SVGChart.Axis("y") { "\($0)" },
            [
                line, SVGChart.Line("other", [(1, 2)]),
                SVGChart.Line("now, before", [(1, 1), (2, 3)], dashedLike: "now"),
            ]
        ).svg
        let strokes = svg.matches(of: /<polyline fill="none" stroke="([^"]*)"[^>]*>/)
        try #require(strokes.count == 3)
        #expect(strokes[0].1 == strokes[2].1 && strokes[0].1 != strokes[1].1)
        #expect(strokes.map { $0.0.contains("dasharray") } == [false, false, true])
    }

    @Test func `names that have no room go on in another row, and the picture grows`() throws {
        let lines = (1...12).map { SVGChart.Line("jetstream.publish \($0)", [(1, 1), (2, 2)]) }
        let svg = SVGChart(
            "T", x: SVGChart.Axis("x") { "\($0)" }, y: SVGChart.Axis("y") { "\($0)" }, lines
        ).svg
        #expect(isWellFormed(svg))
        let height = try #require(svg.firstMatch(of: /viewBox="0 0 860 ([0-9.]+)"/)?.1)
        #expect(try #require(Double(height)) > 460)
        let names = svg.matches(of: /<text x="([0-9.]+)" y="([0-9.]+)"[^>]*>jetstream/)
        try #require(names.count == 12)
        for name in names {
            let width = Double("jetstream.publish 12".count) * 6.6
            #expect(try #require(Double(name.1)) + width <= 860)
        }
        #expect(Set(names.map(\.2)).count > 1)
        // The lines are drawn below the last name.
        let lowest = try #require(names.compactMap { Double($0.2) }.max())
        for (_, y) in try points(svg) { #expect(y > lowest) }
    }
}
