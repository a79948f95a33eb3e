/// The XXH64 digest: 64 bits against corruption by accident, not against an attacker.
///
/// ## Theory of operation
/// Four lanes of 64 bits each take every fourth word of the input, a stripe of 32 bytes at a
/// time; the lanes do not depend on each other, so their multiplications overlap. What does not
/// fill a stripe waits in a small buffer for the next call. At the end the lanes, the length and
/// the rest are mixed. The reference is the "XXH fast digest algorithm" specification of 2018.
package struct XXH64: Sendable {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private var lanes: SIMD4<UInt64>
    private var rest = InlineArray<32, UInt8>(repeating: 0)
    private var restCount = 0
    private var total: UInt64 = 0
    private let seed: UInt64

    package init(seed: UInt64 = 0) {
        self.seed = seed
        lanes = SIMD4(
            seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1)
    }

    /// Takes the next bytes of the input.
    package mutating func update(_ span: Span<UInt8>) {
        total &+= UInt64(span.count)
        var position = 0
        if restCount > 0 {
            while restCount < 32, position < span.count {
                rest[restCount] = span[position]
                restCount += 1
                position += 1
            }
            guard restCount == 32 else { return }
            restCount = 0
            let stripe = rest
            unsafe _ = stripe.span.withUnsafeBytes { unsafe consumeStripes($0, from: 0) }
        }
        position = unsafe span.withUnsafeBytes { unsafe consumeStripes($0, from: position) }
        while position < span.count {
            rest[restCount] = span[position]
            restCount += 1
            position += 1
        }
    }

    /// Takes whole stripes; returns where they end.
    ///
    /// Sound: each step reads 32 bytes at `position <= count - 32`.
    @discardableResult
    @unsafe private mutating func consumeStripes(
        _ buffer: UnsafeRawBufferPointer, from start: Int
    ) -> Int {
        guard let base = buffer.baseAddress else { return start }
        var position = start
        var (first, second, third, fourth) = (lanes[0], lanes[1], lanes[2], lanes[3])
        while position <= buffer.count - 32 {
            first = Self.round(first, unsafe Self.word(base, position))
            second = Self.round(second, unsafe Self.word(base, position + 8))
            third = Self.round(third, unsafe Self.word(base, position + 16))
            fourth = Self.round(fourth, unsafe Self.word(base, position + 24))
            position += 32
        }
        lanes = SIMD4(first, second, third, fourth)
        return position
    }

    /// Ends the input.
    package func finalize() -> UInt64 {
        var hash: UInt64
        if total >= 32 {
            hash = Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7)
            hash = hash &+ Self.rotate(lanes[2], 12) &+ Self.rotate(lanes[3], 18)
            for lane in 0..<4 {
                hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4
            }
        } else {
            hash = seed &+ Self.prime5
        }
        return avalanche(mixRest(hash &+ total))
    }

    private func mixRest(_ start: UInt64) -> UInt64 {
        var hash = start
        var position = 0
        while position + 8 <= restCount {
            let word = rest.span.littleEndian(UInt64.self, at: position) ?? 0
            hash = Self.rotate(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
            position += 8
        }
        if position + 4 <= restCount {
            let word = UInt64(rest.span.littleEndian(UInt32.self, at: position) ?? 0)
            hash = Self.rotate(hash ^ word &* Self.prime1, 23) &* Self.prime2 &+ Self.prime3
            position += 4
        }
        while position < restCount {
            hash = Self.rotate(hash ^ UInt64(rest[position]) &* Self.prime5, 11) &* Self.prime1
            position += 1
        }
        return hash
    }

    private func avalanche(_ value: UInt64) -> UInt64 {
        var hash = (value ^ value >> 33) &* Self.prime2
        hash = (hash ^ hash >> 29) &* Self.prime3
        return hash ^ hash >> 32
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &<< count | value &>> (64 - count)
    }

    @inline(__always)
    @unsafe private static func word(_ base: UnsafeRawPointer, _ position: Int) -> UInt64 {
        UInt64(littleEndian: unsafe base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
}
