import BridgeBytes
import Testing

@Suite struct SegmentsTests {
    @Test func `the sum follows what is added, and joining keeps the order`() {
        var segments: Segments = [[1, 2], []]
        #expect(segments.byteCount == 2 && segments.count == 2)
        segments.append([3])
        segments.append(contentsOf: Segments([[4, 5], [6]]))
        #expect(segments.byteCount == 6 && segments.count == 5)
        #expect(segments.joined() == [1, 2, 3, 4, 5, 6])
        #expect(segments.map(\.count) == [2, 0, 1, 2, 1])
        #expect("\(segments)" == "6 bytes in 5 segments")
    }

    @Test func `one segment is joined without a copy, and none is empty`() {
        let bytes = Bytes([7, 8, 9])
        #expect(Segments(bytes).joined().address == bytes.address)
        #expect(Segments().joined().isEmpty && Segments().byteCount == 0)
    }
}
