import BridgeBytes
import TestKit
import Testing

@Suite struct ByteWriterTests {
    @Test("Everything appended comes out in order, through every growth")
    func order() {
        var generator = SeededGenerator(#function)
        var writer = ByteWriter(capacity: 1)
        var expected: [UInt8] = []
        for round in 0..<300 {
            let piece = generator.bytes(round % 37)
            switch round % 4 {
            case 0: writer.append(piece)
            case 1: writer.append(piece.span)
            case 2: writer.append(Bytes(piece))
            default: for byte in piece { writer.append(byte) }
            }
            expected += piece
        }
        #expect(writer.count == expected.count)
        #expect(Array(writer.finish()) == expected)
    }

    @Test("Text and numbers")
    func text() {
        var writer = ByteWriter()
        writer.append("PUB ")
        writer.append(utf8: "ä")
        for value in [0, 7, -7, 1_234_567_890, Int.max, Int.min] {
            writer.append(0x20)
            writer.append(decimal: value)
        }
        writer.append(0x20)
        writer.append(decimal: UInt.max)
        #expect(
            String(validating: writer.finish())
                == "PUB ä 0 7 -7 1234567890 9223372036854775807 -9223372036854775808 "
                + "18446744073709551615")
    }

    @Test("Integers lie least significant byte first, and can be patched")
    func integers() {
        var writer = ByteWriter()
        writer.append(littleEndian: Int32(0))
        writer.append(littleEndian: UInt64(0x0102_0304_0506_0708))
        writer.patch(littleEndian: Int32(-2), at: 0)
        #expect(Array(writer.finish()) == [254, 255, 255, 255, 8, 7, 6, 5, 4, 3, 2, 1])
    }

    @Test("Padding reaches the next multiple and no further")
    func padding() {
        for count in 0..<20 {
            var writer = ByteWriter()
            writer.append(repeating: 0xFF, count: count)
            writer.pad(to: 8)
            let bytes = Array(writer.finish())
            #expect(bytes.count == (count + 7) / 8 * 8)
            #expect(bytes.dropFirst(count).allSatisfy { $0 == 0 })
        }
    }

    @Test("Truncated and emptied, the memory stays")
    func reuse() {
        var writer = ByteWriter(capacity: 64)
        writer.append("abcdef")
        writer.truncate(to: 3)
        let count = writer.count
        #expect(count == 3)
        writer.removeAll()
        let isEmpty = writer.isEmpty
        let capacity = writer.capacity
        #expect(isEmpty)
        #expect(capacity == 64)
        writer.append("x")
        #expect(writer.finish() == Bytes(utf8: "x"))
    }
}
