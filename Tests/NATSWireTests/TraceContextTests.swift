internal import NATSWire
internal import Testing

@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test func `a context is read, and later versions may say more`() throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01"))
        #expect(context.traceID == Self.trace && context.parentID == Self.span)
        #expect(context.isSampled && context.tracestate == nil)
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-02")?.isSampled == false)
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-01-what-comes") != nil)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-more",
        "ff-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01.", "00_\(trace)-\(span)-01",
        "00-\(trace.uppercased())-\(span)-01", "00-\(String(repeating: "0", count: 32))-\(span)-01",
        "00-\(trace)-0000000000000000-01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-0g",
    ])
    func `what breaks the rules counts as none`(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test func `headers carry it, and lose it whole`() throws {
        var headers: Headers = ["X-App": "1"]
        #expect(headers.traceContext == nil)
        let context = try #require(
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: "a=b"))
        headers.traceContext = context
        #expect(headers["traceparent"] == context.traceparent && headers["tracestate"] == "a=b")
        #expect(headers.traceContext == context)
        headers.traceContext = TraceContext(traceparent: context.traceparent)
        #expect(headers["tracestate"] == nil)
        headers.traceContext = nil
        #expect(headers == ["X-App": "1"])
    }

    @Test func `names count in any case, two parents are none, and states are joined`() throws {
        let text = "00-\(Self.trace)-\(Self.span)-01"
        let value = try HeaderValue(text)
        var headers: Headers = ["Traceparent": value, "TraceState": "a=1", "tracestate": "b=2"]
        let context = TraceContext(traceparent: text, tracestate: "a=1,b=2")
        #expect(headers.traceContext == context && context != nil)
        headers.append("traceparent", value)
        #expect(headers.traceContext == nil)
        // What is set takes the place of every spelling.
        headers.traceContext = context
        #expect(headers.map(\.name.text) == ["traceparent", "tracestate"])
        #expect(headers.traceContext == context)
        headers = ["traceparent": value, "tracestate": ""]
        #expect(headers.traceContext == TraceContext(traceparent: text))
    }
}
