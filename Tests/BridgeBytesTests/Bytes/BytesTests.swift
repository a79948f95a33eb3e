import BridgeBytes
import Testing

@Suite struct BytesTests {
    @Test("A slice shares the memory; a copy does not")
    func sharing() {
        let whole = Bytes([1, 2, 3, 4, 5])
        let slice = whole[1..<4]
        #expect(Array(slice) == [2, 3, 4])
        #expect(slice.address == whole.address + 1)
        #expect(slice[1...].address == whole.address + 2)
        #expect(slice[1] == 3)
        let copy = slice.copied()
        #expect(copy == slice)
        #expect(copy.address != slice.address)
    }

    @Test("Equal bytes are equal and hash alike, wherever they lie")
    func equality() {
        let one = Bytes([9, 1, 2])[1...]
        #expect(one == [1, 2])
        #expect(one.hashValue == Bytes([1, 2]).hashValue)
        #expect(one != [1, 3])
        #expect(one != [1])
        #expect(Bytes() == [])
        #expect(Bytes()[0..<0].isEmpty)
    }

    @Test("Text in and out")
    func text() {
        #expect(String(validating: Bytes(utf8: "Grüße")) == "Grüße")
        #expect(String(validating: [0x61, 0xFF]) == nil)
        #expect(String(repairing: [0x61, 0xFF]) == "a\u{FFFD}")
        #expect(String(validating: Bytes()) == "")
        #expect("\(Bytes([1, 2, 3]))" == "Bytes(3)")
    }

    @Test("Iteration gives every byte once")
    func iteration() {
        let bytes = Bytes((0..<100).map { UInt8($0) })
        #expect(bytes.map { Int($0) } == Array(0..<100))
        #expect(bytes.underestimatedCount == 100)
    }

    @Test("A slice outside the bytes is our own mistake and traps")
    func outside() async {
        await #expect(processExitsWith: .failure) { _ = Bytes([1])[0..<2] }
        await #expect(processExitsWith: .failure) { _ = Bytes([1, 2])[0..<1][0..<2] }
        await #expect(processExitsWith: .failure) { _ = Bytes([1])[1] }
    }

    @Test("Large memory begins at a huge page, less at a cache line, small where any number may")
    func alignment() {
        #expect(Bytes([1]).address % 16 == 0)
        let middle = Bytes([UInt8](repeating: 1, count: ByteRegion.alignedThreshold))
        #expect(middle.address % UInt(ByteRegion.alignment) == 0)
        let large = ByteWriter(capacity: ByteRegion.hugePageThreshold).finish()
        #expect(large.isEmpty)
        #expect(large.address % (2 << 20) == 0)
    }
}
