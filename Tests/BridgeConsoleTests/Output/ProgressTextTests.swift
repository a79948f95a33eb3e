import BridgeBytes
import BridgeConsole
import BridgeJSON
import Testing

@Suite("Progress")
struct ProgressTextTests {
    @Test func `a person reads bytes, percent, rate and the time that is left`() {
        let line = ProgressText.line(
            "uploading", 312_000_000, of: 520_000_000, after: .seconds(3))
        #expect(line == "uploading  312 MB of 520 MB  60 %  104 MB/s  2.00 s left")
    }

    @Test func `what nobody knows is left out`() {
        #expect(ProgressText.line("sending", 0, of: nil, after: .seconds(2)) == "sending  2.00 s")
        #expect(
            ProgressText.line("sending", 5000, of: nil, after: .seconds(1))
                == "sending  5.00 KB  5.00 KB/s")
    }

    @Test func `a hundred percent is all of it, and nothing is left then`() {
        let almost = ProgressText.line("x", 999_999, of: 1_000_000, after: .seconds(1))
        #expect(almost.contains("99 %"))
        let all = ProgressText.line("x", 1_000_000, of: 1_000_000, after: .seconds(1))
        #expect(all.contains("100 %") && !all.contains("left"))
    }

    @Test func `sizes beyond what a hundredfold could hold are no trap`() {
        #expect(ProgressText.line("x", .max / 2, of: .max, after: .seconds(1)).contains("50 %"))
    }

    @Test func `a program reads an object`() throws {
        let text = ProgressText.json("fetching", 250, of: 1000, after: .seconds(2))
        let object = try JSONValue(parsing: Bytes(utf8: text))
        #expect(object["progress"] == "fetching")
        #expect(object["bytes"]?.intValue == 250)
        #expect(object["total"]?.intValue == 1000)
        #expect(object["percent"]?.intValue == 25)
        #expect(object["bytes_per_second"]?.intValue == 125)
        let unknown = try JSONValue(
            parsing: Bytes(utf8: ProgressText.json("x", 1, of: nil, after: .zero)))
        #expect(unknown["total"] == .null && unknown["bytes_per_second"] == .null)
    }
}
