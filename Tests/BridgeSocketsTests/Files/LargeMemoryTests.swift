import BridgeBytes
import BridgeSockets
import TestKit
import Testing

@Suite(.patient) struct LargeMemoryTests {
    private static let page = HugePages.pageSize
    private static let hour = Duration.seconds(3600)

    /// Fills a region of so many bytes, as whoever receives a body does.
    private func body(
        _ memory: LargeMemory, _ count: Int, _ mark: UInt8 = 7, within budget: Int = 64 << 20,
        keeping time: Duration = hour
    ) throws -> Bytes {
        let region = try #require(memory.region(count, within: budget, keeping: time))
        #expect(region.capacity == count)
        for position in stride(from: 0, to: count, by: 1000) {
            unsafe region.base.storeBytes(of: mark, toByteOffset: position, as: UInt8.self)
        }
        unsafe region.base.storeBytes(of: mark, toByteOffset: count - 1, as: UInt8.self)
        return Bytes(region, 0..<count)
    }

    @Test func `a region has the size that was asked for, and begins on a huge page`() throws {
        let memory = LargeMemory()
        let bytes = try body(memory, 2 * Self.page + 1)
        #expect(bytes.address % UInt(Self.page) == 0)
        #expect(memory.lentBytes == 3 * Self.page && memory.keptBytes == 0)
        #expect(bytes[0] == 7 && bytes[2 * Self.page] == 7)
    }

    @Test func `pages that nobody reads any longer are those of the next body`() throws {
        let memory = LargeMemory()
        var first: Bytes? = try body(memory, 3 * Self.page, 1)
        let address = try #require(first?.address)
        var slice = try #require(first)[5000..<6000]
        first = nil
        // A slice holds all of it.
        #expect(memory.keptBytes == 0 && memory.lentBytes == 3 * Self.page)
        let second = try body(memory, 3 * Self.page, 2)
        #expect(second.address != address && slice[0] == 1)
        slice = Bytes()
        #expect(memory.keptBytes == 3 * Self.page && memory.lentBytes == 3 * Self.page)
        // Smaller ones get it too, down to half of it; the size is what was asked for.
        let third = try body(memory, 2 * Self.page, 3)
        #expect(third.address == address && third.count == 2 * Self.page && third[0] == 3)
        #expect(memory.keptBytes == 0 && memory.lentBytes == 6 * Self.page)
        #expect(second[0] == 2)
    }

    @Test func `one piece is kept, the largest, and no small body gets it`() throws {
        let memory = LargeMemory()
        var bodies = try [1, 8, 4].map { try body(memory, $0 * Self.page) }
        bodies.removeFirst()
        #expect(memory.keptBytes == Self.page)
        bodies.removeFirst()
        #expect(memory.keptBytes == 8 * Self.page)
        bodies.removeFirst()
        #expect(memory.keptBytes == 8 * Self.page && memory.lentBytes == 0)
        let small = try body(memory, Self.page)
        #expect(memory.keptBytes == 8 * Self.page && memory.lentBytes == Self.page)
        memory.release()
        #expect(memory.keptBytes == 0 && small[0] == 7)
    }

    @Test func `the budget is for what is lent and what is kept`() throws {
        let memory = LargeMemory()
        let budget = 4 * Self.page
        func region(_ pages: Int, within budget: Int) -> ByteRegion? {
            memory.region(pages * Self.page, within: budget, keeping: Self.hour)
        }
        #expect(region(5, within: budget) == nil && region(1, within: 0) == nil)
        #expect(region(1, within: -1) == nil)
        for count in [0, -1, Int.max, Int.max / 2 + 1] {
            #expect(memory.region(count, within: .max, keeping: Self.hour) == nil)
        }
        // More than the system has.
        #expect(memory.region(Int.max / 2, within: .max, keeping: Self.hour) == nil)
        #expect(memory.lentBytes == 0)
        let first = try #require(region(3, within: budget))
        #expect(region(2, within: budget) == nil)
        var second = region(1, within: budget)
        #expect(memory.lentBytes == budget && second != nil && first.capacity == 3 * Self.page)
        second = nil
        #expect(memory.keptBytes == Self.page)
        // What is kept makes room for what it does not suit: three and one are in use of five.
        second = region(2, within: 5 * Self.page)
        #expect(memory.keptBytes == 0 && memory.lentBytes == 5 * Self.page && second != nil)
    }

    @Test func `what is idle goes back to the system`() async throws {
        let memory = LargeMemory()
        _ = try body(memory, Self.page, keeping: .zero)
        #expect(memory.keptBytes == 0)
        _ = try body(memory, Self.page, keeping: .seconds(-1))
        #expect(memory.keptBytes == 0 && memory.lentBytes == 0)
        // The time begins anew with each that is kept.
        for _ in 0..<3 {
            _ = try body(memory, Self.page, keeping: .milliseconds(20))
            try await within { while memory.keptBytes > 0 { await Task.yield() } }
        }
        _ = try body(memory, Self.page, keeping: Self.hour)
        #expect(memory.keptBytes == Self.page)
    }

    @Test func `no two readers ever have the same pages`() async throws {
        let memory = LargeMemory()
        let seed = SeededGenerator.runSeed
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(task))
                    var held: [(bytes: Bytes, mark: UInt8)] = []
                    for turn in 0..<200 {
                        let mark = UInt8(truncatingIfNeeded: task * 31 + turn)
                        let count = Int.random(in: 1...3, using: &random) * Self.page - 500
                        let bytes = try body(memory, count, mark, within: 1 << 30)
                        held.append((bytes[1000..<count - 1000], mark))
                        await Task.yield()
                        for (bytes, mark) in held {
                            #expect(bytes[0] == mark && bytes[1000] == mark)
                        }
                        while held.count > Int.random(in: 0...2, using: &random) {
                            held.removeFirst()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(memory.lentBytes == 0 && memory.keptBytes <= 3 * Self.page)
    }
}
