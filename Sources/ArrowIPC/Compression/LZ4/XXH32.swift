internal import BridgeBytes

/// The XXH32 digest of the LZ4 frame format: against corruption by accident, not by an attacker.
///
/// Four lanes of 32 bits take every fourth word of the input; what is left over is mixed in word
/// by word and byte by byte. The reference is the "XXH fast digest algorithm" specification.
package enum XXH32 {
    private static let prime1: UInt32 = 0x9E37_79B1
    private static let prime2: UInt32 = 0x85EB_CA77
    private static let prime3: UInt32 = 0xC2B2_AE3D
    private static let prime4: UInt32 = 0x27D4_EB2F
    private static let prime5: UInt32 = 0x1656_67B1

    /// The digest of an input, with seed 0. Complexity: O(n).
    package static func hash(_ input: Span<UInt8>) -> UInt32 {
        var position = 0
        var hash = prime5
        if input.count >= 16 {
            var lanes = SIMD4<UInt32>(prime1 &+ prime2, prime2, 0, 0 &- prime1)
            while position <= input.count - 16 {
                let words = SIMD4(
                    word(input, position), word(input, position + 4), word(input, position + 8),
                    word(input, position + 12))
                lanes = lanes &+ words &* prime2
                lanes = (lanes &<< 13 | lanes &>> 19) &* prime1
                position += 16
            }
            hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7)
            hash = hash &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
        }
        hash = hash &+ UInt32(truncatingIfNeeded: input.count)
        while position <= input.count - 4 {
            hash = rotate(hash &+ word(input, position) &* prime3, 17) &* prime4
            position += 4
        }
        while position < input.count {
            hash = rotate(hash &+ UInt32(input[position]) &* prime5, 11) &* prime1
            position += 1
        }
        hash = (hash ^ hash >> 15) &* prime2
        hash = (hash ^ hash >> 13) &* prime3
        return hash ^ hash >> 16
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value &<< count | value &>> (32 - count)
    }

    /// The word at a position that the caller has checked; the fallback is never taken.
    @inline(__always)
    private static func word(_ input: Span<UInt8>, _ position: Int) -> UInt32 {
        input.littleEndian(UInt32.self, at: position) ?? 0
    }
}
