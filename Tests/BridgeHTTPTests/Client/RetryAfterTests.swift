import BridgeHTTP
import HTTPWire
import Testing

/// Rows of failures.md: C6.
@Suite struct RetryAfterTests {
    private let now = 784_111_777  // Sun, 06 Nov 1994 08:49:37 GMT

    private func wait(_ text: String, date: String? = nil) throws -> Duration? {
        var fields = FieldList()
        try fields.append(name: "Retry-After", value: text)
        if let date { try fields.append(name: "Date", value: date) }
        return RetryAfter.duration(fields, now: now)
    }

    @Test("Seconds, capped")
    func seconds() throws {
        #expect(try wait("0") == .zero)
        #expect(try wait("120") == .seconds(120))
        #expect(try wait("9999999") == .seconds(86_400))
        #expect(try wait(String(repeating: "9", count: 60)) == .seconds(86_400))
    }

    @Test("A date counts from the answer's own Date, whatever our clock says")
    func dates() throws {
        let later = "Sun, 06 Nov 2094 08:49:40 GMT"
        let sent = "Sun, 06 Nov 2094 08:49:37 GMT"
        #expect(try wait(later, date: sent) == .seconds(3))
        #expect(try wait(sent, date: later) == .zero)
        #expect(try wait("Sunday, 06-Nov-94 08:49:40 GMT") == .seconds(3))
        #expect(try wait("Sun Nov  6 08:49:30 1994") == .zero)
        #expect(try wait("Sun, 06 Nov 1994 08:49:39 GMT", date: "yesterday") == .seconds(2))
        #expect(try wait(later) == .seconds(86_400))
    }

    @Test("What cannot be read asks for nothing", arguments: ["", "soon", "-5", "1.5", "5 s"])
    func unreadable(text: String) throws {
        #expect(try wait(text) == nil)
        #expect(RetryAfter.duration(FieldList(), now: now) == nil)
    }
}
