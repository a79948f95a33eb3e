import BridgeBytes
import BridgeCommand
import TestKit
import Testing

@Suite("Flow timeline")
struct FlowTimelineTests {
    private static let text =
        "[2026-03-13T07:00:01.250Z] [Correlation: abc-1] uploaded payload name=x"
        + " url=http://h:1/f/0123456789abcdef/x bytes=1200 milliseconds=50"

    @Test func `a line as all peers write it is read`() throws {
        let event = try #require(FlowEvent(parsing: Self.text))
        #expect(event.time == Timestamp("2026-03-13T07:00:01.250Z"))
        #expect(event.correlationID == "abc-1" && event.message == "uploaded payload")
        #expect(event.fields.map(\.name) == ["name", "url", "bytes", "milliseconds"])
        #expect(event["bytes"] == "1200" && event.duration == .milliseconds(50))
    }

    /// The oracle is the regular expression that says what a field is.
    @Test func `fields are where a blank, a name and an equals sign stand`() throws {
        var random = SeededGenerator("FlowEvent fields")
        let pieces = [
            " ", "  ", "=", "a", "name", "b_c", "_", "A", "é", "e\u{301}", "1", "x=y", "-",
        ]
        for _ in 0..<500 {
            let count = Int.random(in: 0...12, using: &random)
            let rest = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let text = "m" + rest
            let places = text.matches(of: #/ ([a-z_]+)=/#)
            let event = try #require(FlowEvent(parsing: "[2026-03-13T07:00:01.250Z] " + text))
            #expect(event.message == text[..<(places.first?.range.lowerBound ?? text.endIndex)])
            #expect(event.fields.map(\.name) == places.map { String($0.1) }, "\(text)")
            let ends = places.dropFirst().map(\.range.lowerBound) + [text.endIndex]
            let values = zip(places, ends).map { String(text[$0.range.upperBound..<$1]) }
            #expect(event.fields.map(\.value) == values, "\(text)")
        }
    }

    @Test(arguments: [
        "Mar 13 07:00:01 host natsbridge[12]: ", "2026-03-13T07:00:02Z stderr F ", "[pod/a] ",
    ]) func `what a journal puts in front is passed over`(_ prefix: String) throws {
        #expect(FlowEvent(parsing: prefix + Self.text) == FlowEvent(parsing: Self.text))
    }

    @Test func `a line of JSON is read`() throws {
        let line =
            #"{"timestamp":"2026-03-13T07:00:01.250Z","level":"info","stage":"serve","#
            + #""message":"PUT","target":"/f/01234567…","status":"201","milliseconds":"50"}"#
        let event = try #require(FlowEvent(parsing: line))
        #expect(event.message == "PUT" && event.correlationID.isEmpty)
        #expect(event.fields.map(\.name) == ["target", "status", "milliseconds"])
    }

    @Test(arguments: ["", "x", "[", "[]", "[yesterday] x", "{", "{}", "{\"timestamp\":1}", "]["])
    func `other lines are none of ours`(_ line: String) {
        #expect(FlowEvent(parsing: line) == nil)
    }

    private func event(_ line: String) throws -> FlowEvent {
        try #require(FlowEvent(parsing: line))
    }

    private let served = "[2026-03-13T07:00:01.240Z] PUT target=/f/ID milliseconds=30"

    private func logs() throws -> [(process: String, events: [FlowEvent])] {
        [
            (
                "receiver",
                [
                    try event("[2026-03-13T07:00:02.000Z] [Correlation: abc-1] received message"),
                    try event("[2026-03-13T07:00:03.000Z] [Correlation: other] received message"),
                ]
            ), ("sender", [try event(Self.text)]),
            (
                "files",
                [
                    try event(served.replacing("ID", with: "01234567…")),
                    try event(served.replacing("ID", with: "99999999…")),
                ]
            ),
        ]
    }

    @Test func `lines of all processes are in the order of their beginnings`() throws {
        let flow = try #require(FlowTimeline(of: "abc-1", in: logs()))
        #expect(flow.entries.map(\.process) == ["sender", "files", "receiver"])
        #expect(flow.begin == Timestamp("2026-03-13T07:00:01.200Z"))
        #expect(flow.entries.map(\.start) == [.zero, .milliseconds(10), .milliseconds(800)])
        #expect(
            flow.entries.map(\.end) == [.milliseconds(50), .milliseconds(40), .milliseconds(800)])
        #expect(flow.duration == .milliseconds(800))
    }

    @Test func `the beginning of an id is enough when it is one flow's`() throws {
        #expect(FlowTimeline(of: "abc", in: try logs())?.correlationID == "abc-1")
        #expect(FlowTimeline(of: "nobody", in: try logs()) == nil)
        #expect(FlowTimeline(of: "", in: try logs()) == nil)
        var more = try logs()
        more.append(("x", [try event("[2026-03-13T07:00:01Z] [Correlation: abc-2] y")]))
        #expect(FlowTimeline(of: "abc", in: more) == nil)
        #expect(FlowTimeline(of: "abc-1", in: more) != nil)
    }

    @Test func `nothing that a peer wrote becomes markup of the page`() throws {
        let line =
            "[2026-03-13T07:00:01Z] [Correlation: <b>] <script>alert(1)</script> k=\"'><img src=x>"
        let flow = try #require(FlowTimeline(of: "<b>", in: [("<i>", [try event(line)])]))
        let page = FlowPage.html(flow)
        for tag in ["<script", "<img", "<b>", "<i>"] { #expect(!page.contains(tag), "\(tag)") }
        #expect(page.contains("&lt;script&gt;alert(1)"))
        // It needs nothing beside it.
        for word in ["src=\"", "href=", "url(", "@import", "http://", "https://"] {
            #expect(!page.contains(word), "\(word)")
        }
    }
}
