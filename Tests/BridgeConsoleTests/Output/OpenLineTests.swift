import BridgeBytes
import BridgeConsole
import Testing

/// Remarks that come while a line of the output is printed in pieces.
@Suite struct OpenLineTests {
    @Test func `remarks come behind the line, in their order`() {
        var line = OpenLine()
        #expect(!line.isOpen)
        line.open()
        line.open()
        line.hold(Bytes(utf8: "a\n"))
        line.hold(Bytes(utf8: "b\n"))
        #expect(line.isOpen)
        let first = line.end()
        #expect(first == ["a\n", "b\n"].map { Bytes(utf8: $0) })
        let second = line.end()
        #expect(!line.isOpen && second == [])
    }

    @Test(arguments: [(1, "1 further remark came"), (3, "3 further remarks came")])
    func `what finds no room is told of by number`(count: Int, words: String) throws {
        var line = OpenLine()
        line.open()
        let remark = Bytes([UInt8](repeating: 0x78, count: OpenLine.maximumWaitingBytes / 2))
        for _ in 0..<2 + count { line.hold(remark) }
        let told = line.end()
        #expect(told.count == 3)
        #expect(String(validating: try #require(told.last))?.contains(words) == true)
        // The next line begins with all the room.
        line.open()
        line.hold(remark)
        let next = line.end()
        #expect(next == [remark])
    }
}
