import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Properties that hold for every good frame, whatever it uses of its format.
@Suite struct CompressedFixtureTests {
    /// Under the thread sanitizer, which has nothing to find in one thread and would need hours for
    /// them, only one of so many cases is run.
    private static let step = isThreadSanitized ? 50 : 1

    @Test func fixturesAreThere() {
        #expect(CompressedFixture.all.count >= 28)
        #expect(CompressedFixture.all.contains { $0.format == .zstandard })
    }

    @Test(arguments: CompressedFixture.all)
    func inflatesToWhatWasCompressed(fixture: CompressedFixture) throws {
        let content = try fixture.format.decompress(fixture.bytes())
        #expect(content.count == fixture.size)
        #expect(hexDigest(content) == fixture.digest)
    }

    /// The limit is counted while inflating: the exact size passes, one byte less does not.
    @Test(arguments: CompressedFixture.all)
    func limitIsHeldToTheByte(fixture: CompressedFixture) throws {
        let bytes = try fixture.bytes()
        let content = try fixture.format.decompress(bytes, limit: fixture.size)
        #expect(hexDigest(content) == fixture.digest)
        guard fixture.size > 0 else { return }
        #expect(
            fixture.format.refusal(of: bytes, limit: fixture.size - 1)?.code == .limitExceeded)
        #expect(fixture.format.refusal(of: bytes, limit: 0)?.code == .limitExceeded)
    }

    /// A frame that is cut off is refused; only between two frames can a cut look complete.
    @Test(arguments: CompressedFixture.all)
    func everyPrefixIsRefusedOrComplete(fixture: CompressedFixture) throws {
        let whole = try fixture.bytes()
        var complete = 0
        let last = whole.count - 40
        for count in stride(from: 0, to: whole.count, by: Self.step)
        where count < 1_500 || count > last || count % 997 == 0 {
            guard let error = fixture.format.refusal(of: whole[0..<count]) else {
                complete += 1
                continue
            }
            #expect(error.stage == .compression)
            #expect((error.offset ?? -1) <= count && error.offset != nil)
        }
        // The ends of frames, and of skippable ones, before the last.
        let ends = fixture.name.hasPrefix("several") ? 4 : 0
        #expect(Self.step == 1 ? complete == ends : complete <= ends)
    }

    /// Bytes after the last frame that begin none are refused.
    @Test(arguments: CompressedFixture.all)
    func whatFollowsMustBeAFrame(fixture: CompressedFixture) throws {
        for tail in [[0], [0, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8]] as [[UInt8]] {
            let bytes = Bytes([UInt8](try fixture.bytes()) + tail)
            #expect(fixture.format.refusal(of: bytes) != nil)
        }
    }

    /// Whatever is changed, the answer is a typed error or content within the limit, and the
    /// same each time.
    @Test(arguments: CompressedFixture.all)
    func mutationsNeverTrap(fixture: CompressedFixture) throws {
        let whole = [UInt8](try fixture.bytes())
        var generator = SeededGenerator(fixture.name)
        for _ in 0..<max(1, (whole.count < 5_000 ? 300 : 30) / Self.step) {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                // Most of them hit the heads and tables, where there is most to break.
                let end =
                    Int.random(in: 0..<4, using: &generator) > 0
                    ? min(200, bytes.count) : bytes.count
                bytes[Int.random(in: 0..<end, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            let limit = fixture.size + Int.random(in: 0...300, using: &generator)
            let first = Self.outcome(fixture, Bytes(bytes), limit)
            #expect(first == Self.outcome(fixture, Bytes(bytes), limit))
            if case .success(let content) = first { #expect(content.count <= limit) }
        }
    }

    private static func outcome(
        _ fixture: CompressedFixture, _ bytes: Bytes, _ limit: Int
    ) -> Result<Bytes, ArrowError> {
        do throws(ArrowError) {
            return .success(try fixture.format.decompress(bytes, limit: limit))
        } catch { return .failure(error) }
    }
}
