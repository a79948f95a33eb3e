import BridgeBytes
import TestKit
import Testing

@Suite struct ReceiveBufferTests {
    /// Feeds `bytes` as reads would, as much as each `fill` offers.
    private func feed(_ bytes: Bytes, to buffer: inout ReceiveBuffer) {
        var rest = bytes
        while !rest.isEmpty {
            let taken = unsafe buffer.fill { spare -> (count: Int, result: Int) in
                let count = min(spare.count, rest.count)
                unsafe spare.copyBytes(from: Array(rest[0..<count]))
                return (count, count)
            }
            #expect(taken > 0)
            rest = rest[taken..<rest.count]
        }
    }

    @Test("What goes in comes out, and views stay as they were")
    func views() {
        var generator = SeededGenerator(#function)
        var buffer = ReceiveBuffer(chunk: 64, limit: 4096)
        var expected: [UInt8] = []
        var kept: [(Bytes, [UInt8])] = []
        for _ in 0..<500 {
            let piece = generator.bytes(Int.random(in: 0...90, using: &generator))
            feed(Bytes(piece), to: &buffer)
            expected += piece
            // Frames of any size may be announced, and come or not.
            if Int.random(in: 0..<8, using: &generator) == 0 {
                buffer.expect(Int.random(in: 0...1000, using: &generator))
            }
            let taken = Int.random(in: 0...buffer.count, using: &generator)
            let view = buffer.bytes(0..<taken)
            buffer.consume(taken)
            #expect(Array(view) == Array(expected.prefix(taken)))
            if Bool.random(using: &generator) { kept.append((view, Array(expected[..<taken]))) }
            if kept.count > 5, Bool.random(using: &generator) {
                let (view, bytes) = kept.remove(at: Int.random(in: 0..<5, using: &generator))
                #expect(Array(view) == bytes)
            }
            expected.removeFirst(taken)
            let count = buffer.count
            #expect(count == expected.count)
        }
        for (view, bytes) in kept { #expect(Array(view) == bytes) }
    }

    @Test("Memory that nobody shares is used again; shared memory is left alone")
    func reuse() {
        var buffer = ReceiveBuffer(chunk: 16, limit: 64)
        feed(Bytes([1, 2, 3, 4]), to: &buffer)
        let first = buffer.bytes(0..<4).address
        buffer.consume(4)
        feed(Bytes([5]), to: &buffer)
        let held = buffer.bytes(0..<1)
        #expect(held.address == first)
        buffer.consume(1)
        feed(Bytes([6]), to: &buffer)
        #expect(buffer.bytes(0..<1).address == first + 1)
        #expect(held == [5])
    }

    /// A line may be as long as the limit, and its parser asks for one byte more each time.
    @Test("What has no known length is read in few steps")
    func openEnded() throws {
        var buffer = ReceiveBuffer(chunk: 1 << 10, limit: 1 << 20)
        var reads = 0
        while buffer.count < 1 << 20 {
            let isGiven = buffer.reserve(buffer.count + 1)
            try #require(isGiven)
            // Sound: as much is said to be there as there is room for, and written.
            unsafe buffer.fill { memory in
                unsafe memory.initializeMemory(as: UInt8.self, repeating: 7)
                return (memory.count, ())
            }
            reads += 1
            try #require(reads < 100)
        }
        let isOver = buffer.reserve(buffer.count + 1)
        #expect(!isOver && buffer.span[(1 << 20) - 1] == 7)
    }

    @Test("Large frames of one size are never moved after the first, and memory is used again")
    func expectation() {
        var buffer = ReceiveBuffer(chunk: 64, limit: 1 << 20)
        var places: Set<UInt> = []
        var held = Bytes()
        for round in 0..<20 {
            let frame = Bytes([UInt8](repeating: UInt8(round), count: 1000))
            feed(frame[0..<40], to: &buffer)
            let start = buffer.bytes(0..<1).address
            let hasRoom = buffer.reserve(1000)
            #expect(hasRoom)
            feed(frame[40...], to: &buffer)
            let view = buffer.bytes(0..<1000)
            buffer.consume(1000)
            #expect(view == frame)
            #expect(round == 0 || view.address == start)
            places.insert(view.address)
            // The frame before is held while the next one comes.
            held = view
        }
        #expect(held.count == 1000)
        #expect(places.count <= 4)
        // Small reads get small regions again.
        for _ in 0..<3 {
            feed(Bytes([UInt8](repeating: 1, count: 60)), to: &buffer)
            held = buffer.bytes(0..<60)
            buffer.consume(60)
        }
    }

    @Test("More than the limit is refused")
    func limit() {
        var buffer = ReceiveBuffer(chunk: 16, limit: 32)
        let fits = buffer.reserve(32)
        let tooLarge = buffer.reserve(33)
        #expect(fits)
        #expect(!tooLarge)
    }

    @Test("Room for a whole piece is made around what is unread")
    func reserve() {
        var buffer = ReceiveBuffer(chunk: 16, limit: 1024)
        buffer.append([1, 2, 3].span)
        buffer.consume(1)
        let made = buffer.reserve(500)
        #expect(made)
        let room = unsafe buffer.fill { spare in (0, spare.count) }
        #expect(room >= 498)
        #expect(buffer.bytes(0..<2) == [2, 3])
    }
}
