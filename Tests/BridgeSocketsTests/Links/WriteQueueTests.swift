import BridgeBytes
import BridgeSockets
import TestKit
import Testing

@Suite struct WriteQueueTests {
    @Test("Whatever the socket takes at a time, every byte goes out once and in order")
    func order() {
        var generator = SeededGenerator(#function)
        for _ in 0..<200 {
            var queue = WriteQueue()
            var expected: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let piece = generator.bytes(Int.random(in: 0...9, using: &generator))
                queue.append(Bytes(piece))
                expected += piece
            }
            var written: [UInt8] = []
            while !queue.isEmpty {
                let left = queue.count
                let taken = Int.random(in: 1...left, using: &generator)
                let transfer = queue.write { pieces, skip in
                    let flat = Array(pieces.flatMap { Array($0) }.dropFirst(skip))
                    #expect(flat.count == left)
                    written += flat.prefix(taken)
                    return .moved(taken)
                }
                #expect(transfer == .moved(taken))
                #expect(queue.count == left - taken)
            }
            #expect(written == expected)
        }
    }
}
