/// The SHA-256 digest (FIPS 180-4).
///
/// ## Theory of operation
/// The input comes in blocks of 64 bytes (`DigestBlocks`). A block is expanded to 64 words and
/// mixed into eight registers over 64 rounds. The rounds are written eight at a time with the
/// registers' roles rotated by name, so that nothing is moved. Many blocks at a time are left to
/// whoever is faster at them (`Offer`); the state between blocks stays here, so a digest is a
/// value, and may go from one to the other in its middle.
package struct SHA256: Sendable {
    private var state: SIMD8<UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var blocks = DigestBlocks()

    package init() {}

    /// Takes the next bytes of the input.
    package mutating func update(_ span: Span<UInt8>) {
        update(span, by: span.count < Self.leastForOthers ? nil : Offer.taken)
    }

    /// The same with the blocks taken by somebody else; nil: here.
    package mutating func update(_ span: Span<UInt8>, by compressor: Compressor?) {
        // A copy, so that the blocks may be taken meanwhile.
        var state = state
        if let compressor {
            blocks.take(span) { compressor($0, &state) }
        } else {
            blocks.take(span) { Self.compress($0, &state) }
        }
        self.state = state
    }

    /// Ends the input: the 32 bytes of the digest.
    package consuming func finalize() -> [UInt8] {
        var state = state
        blocks.end(.bigEndian) { Self.compress($0, &state) }
        return (0..<32).map { UInt8(truncatingIfNeeded: state[$0 / 4] >> (24 - 8 * ($0 % 4))) }
    }

    /// Takes whole blocks.
    ///
    /// Sound: each step reads 64 bytes at `position <= count - 64`; the schedule and the constants
    /// hold 64 words and are read at indices below 64.
    private static func compress(_ blocks: Span<UInt8>, _ state: inout SIMD8<UInt32>) {
        unsafe blocks.withUnsafeBytes { unsafe compress($0, &state) }
    }

    @unsafe private static func compress(
        _ buffer: UnsafeRawBufferPointer, _ state: inout SIMD8<UInt32>
    ) {
        guard let base = buffer.baseAddress else { return }
        unsafe constants.withUnsafeBufferPointer { constants in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
                guard let constants = constants.baseAddress, let words = schedule.baseAddress
                else { return }
                for position in stride(from: 0, through: buffer.count - 64, by: 64) {
                    unsafe expand(base + position, into: words, constants)
                    unsafe compress(&state, words)
                }
            }
        }
    }

    /// Fills `words` with the 64 words of the schedule, each with its round constant added.
    @inline(__always)
    @unsafe private static func expand(
        _ block: UnsafeRawPointer, into words: UnsafeMutablePointer<UInt32>,
        _ constants: UnsafePointer<UInt32>
    ) {
        for index in 0..<16 {
            let word = unsafe block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
            unsafe words[index] = UInt32(bigEndian: word)
        }
        for index in 16..<64 {
            let early = unsafe words[index - 15]
            let late = unsafe words[index - 2]
            let first = rotate(early, 7) ^ rotate(early, 18) ^ early &>> 3
            let second = rotate(late, 17) ^ rotate(late, 19) ^ late &>> 10
            unsafe words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
        }
        for index in 0..<64 { unsafe words[index] = words[index] &+ constants[index] }
    }

    @inline(__always)
    @unsafe private static func compress(
        _ state: inout SIMD8<UInt32>, _ words: UnsafePointer<UInt32>
    ) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in stride(from: 0, to: 64, by: 8) {
            unsafe round(a, b, c, &d, e, f, g, &h, words[index])
            unsafe round(h, a, b, &c, d, e, f, &g, words[index + 1])
            unsafe round(g, h, a, &b, c, d, e, &f, words[index + 2])
            unsafe round(f, g, h, &a, b, c, d, &e, words[index + 3])
            unsafe round(e, f, g, &h, a, b, c, &d, words[index + 4])
            unsafe round(d, e, f, &g, h, a, b, &c, words[index + 5])
            unsafe round(c, d, e, &f, g, h, a, &b, words[index + 6])
            unsafe round(b, c, d, &e, f, g, h, &a, words[index + 7])
        }
        state = state &+ SIMD8(a, b, c, d, e, f, g, h)
    }

    /// One round: `d` and `h` are the two registers that change; the caller rotates the names.
    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32,
        _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32, _ word: UInt32
    ) {
        let choice = g ^ (e & (f ^ g))
        let mixed = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let first = h &+ mixed &+ choice &+ word
        let majority = (a & b) | (c & (a | b))
        d = d &+ first
        h = first &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value &>> count | value &<< (32 - count)
    }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1,
        0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
        0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786,
        0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147,
        0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
        0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a,
        0x5b9c_ca4f, 0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
        0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
