import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Property: whatever the bytes, a reader gives batches, then a typed error or the end; nothing
/// traps, whatever is then asked of the columns.
@Suite struct HostileStreamTests {
    static let golden = GoldenPair.fixtures + GoldenPair.shared

    @Test(.needsSharedData, arguments: SharedData.files(in: "arrow/fuzz"))
    func fuzzCorpusIsRefused(file: String) throws {
        var exercise = Exercise()
        let error = exercise.stream(try SharedData.bytes(file))
        #expect(error != nil)
    }

    @Test(arguments: golden) func everyPrefixIsRefusedOrComplete(pair: GoldenPair) throws {
        let whole = try TestFile.bytes(pair.stream)
        var ends: Set<Int> = []
        for count in prefixes(of: whole.count) {
            guard let error = Self.open(whole[0..<count]) else {
                ends.insert(count)
                continue
            }
            if error.code == .truncated { #expect(error.offset == count) }
        }
        // Only a cut between two messages can look complete: streams may end without a mark.
        #expect(ends.count < 300)
    }

    private static func open(_ bytes: Bytes) -> ArrowError? {
        do throws(ArrowError) {
            _ = try Table(ipcStream: bytes)
            return nil
        } catch { return error }
    }

    /// Every prefix of a small file; of a large one those near its ends, and one in 61 between.
    private func prefixes(of count: Int) -> [Int] {
        (0..<count).filter { $0 < 700 || $0 > count - 100 || $0 % 61 == 0 && $0 < 10_000 }
    }

    @Test(arguments: golden) func mutationsNeverTrap(pair: GoldenPair) throws {
        let whole = [UInt8](try TestFile.bytes(pair.stream))
        guard whole.count < 30_000 else { return }
        var generator = SeededGenerator(pair.testDescription)
        for _ in 0..<30 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                // Half of them hit the first heads, where there is most to break.
                let end = Bool.random(using: &generator) ? bytes.count : min(1_000, bytes.count)
                let position = Int.random(in: 0..<end, using: &generator)
                bytes[position] = Self.mutation(of: bytes[position], using: &generator)
            }
            var exercise = Exercise()
            var again = Exercise()
            let error = exercise.stream(Bytes(bytes))
            #expect(again.stream(Bytes(bytes)) == error)
            #expect(again.values == exercise.values)
        }
    }

    private static func mutation(
        of byte: UInt8, using generator: inout SeededGenerator
    ) -> UInt8 {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: 0xFF
        case 1: 0x80
        case 2: byte &+ 1
        default: UInt8.random(in: .min ... .max, using: &generator)
        }
    }

    @Test func nothingIsNoStream() {
        #expect(throws: ArrowError.self) { try StreamReader(Bytes()) }
        #expect(throws: ArrowError.self) { try StreamReader([0, 0, 0, 0]) }
        #expect(throws: ArrowError.self) { try StreamReader([0xFF, 0xFF, 0xFF, 0xFF]) }
    }

    @Test func hugeHeadsAreRefusedBeforeTheyAreAwaited() throws {
        let error = #expect(throws: ArrowError.self) {
            try StreamReader([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x7F])
        }
        #expect(error?.code == .limitExceeded)
        let negative = #expect(throws: ArrowError.self) {
            try StreamReader([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80])
        }
        #expect(negative?.code == .invalidFraming)
    }
}
