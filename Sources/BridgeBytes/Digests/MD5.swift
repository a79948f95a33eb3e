/// The MD5 digest (RFC 1321), for peers that know no other: it protects from no malice.
///
/// ## Theory of operation
/// The input comes in blocks of 64 bytes (`DigestBlocks`). A block is sixteen words, which are
/// mixed into four registers in four rounds, each with a function, an order of the words and
/// rotations of its own.
package struct MD5: Sendable {
    private var state: SIMD4<UInt32> = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
    private var blocks = DigestBlocks()

    package init() {}

    /// Takes the next bytes of the input.
    package mutating func update(_ span: Span<UInt8>) {
        // A copy, so that the blocks may be taken meanwhile.
        var state = state
        blocks.take(span) { Self.compress($0, &state) }
        self.state = state
    }

    /// Ends the input: the 16 bytes of the digest.
    package consuming func finalize() -> [UInt8] {
        var state = state
        blocks.end(.littleEndian) { Self.compress($0, &state) }
        return (0..<16).map { UInt8(truncatingIfNeeded: state[$0 / 4] >> (8 * ($0 % 4))) }
    }

    /// Takes whole blocks.
    ///
    /// Sound: each step reads 64 bytes at `position <= count - 64`; the words are sixteen, read at
    /// indices of four bits, and the constants 64, read at indices below 64.
    private static func compress(_ blocks: Span<UInt8>, _ state: inout SIMD4<UInt32>) {
        unsafe blocks.withUnsafeBytes { unsafe compress($0, &state) }
    }

    @unsafe private static func compress(
        _ buffer: UnsafeRawBufferPointer, _ state: inout SIMD4<UInt32>
    ) {
        guard let base = buffer.baseAddress else { return }
        unsafe constants.withUnsafeBufferPointer { constants in
            guard let constants = constants.baseAddress else { return }
            for position in stride(from: 0, through: buffer.count - 64, by: 64) {
                unsafe compress(&state, base + position, constants)
            }
        }
    }

    @inline(__always)
    @unsafe private static func compress(
        _ state: inout SIMD4<UInt32>, _ block: UnsafeRawPointer,
        _ constants: UnsafePointer<UInt32>
    ) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        func step(_ mixed: UInt32, _ index: Int, _ word: Int, _ rotation: UInt32) {
            let offset = (word & 15) * 4
            let value = unsafe block.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let sum = unsafe a &+ mixed &+ constants[index] &+ UInt32(littleEndian: value)
            (a, d, c) = (d, c, b)
            b = b &+ (sum &<< rotation | sum &>> (32 - rotation))
        }
        for index in 0..<16 { step(d ^ (b & (c ^ d)), index, index, rotations[index & 3]) }
        for index in 16..<32 {
            step(c ^ (d & (b ^ c)), index, 5 * index + 1, rotations[4 | index & 3])
        }
        for index in 32..<48 { step(b ^ c ^ d, index, 3 * index + 5, rotations[8 | index & 3]) }
        for index in 48..<64 {
            step(c ^ (b | ~d), index, 7 * index, rotations[12 | index & 3])
        }
        state = state &+ SIMD4(a, b, c, d)
    }

    private static let rotations: InlineArray<16, UInt32> = [
        7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21,
    ]

    private static let constants: [UInt32] = [
        0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a,
        0xa830_4613, 0xfd46_9501, 0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be,
        0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821, 0xf61e_2562, 0xc040_b340,
        0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
        0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8,
        0x676f_02d9, 0x8d2a_4c8a, 0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c,
        0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70, 0x289b_7ec6, 0xeaa1_27fa,
        0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
        0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92,
        0xffef_f47d, 0x8584_5dd1, 0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1,
        0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
    ]
}
