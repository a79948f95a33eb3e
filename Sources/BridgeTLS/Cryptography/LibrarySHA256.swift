package import BridgeBytes

/// SHA-256 with the library's instructions for it, some five times as fast as ours.
///
/// ## Theory of operation
/// The library's `SHA256_Update` works on a structure that its header has shown since 2004: eight
/// words of state, the number of bits, a block that is not full, and how full it is. With an empty
/// block, and given whole ones, it does nothing but compress them. So the state, the rest of a
/// block and the padding stay ours, a digest stays a value, and both ways give the same bytes.
///
/// The function is deprecated, and may be gone in some build or version. Where it is missing, or
/// gives another result for one block than ours, or where there is no library at all, digests are
/// made here.
package enum LibrarySHA256 {
    /// Has large digests of the process made by the library, where it can be loaded. It is loaded
    /// with the first of them, and not here.
    package static func offer() {
        SHA256.Offer.make { (try? OpenSSL.library()).flatMap { compressor(of: $0) } }
    }

    /// Words of the structure: the state, two for the length, a block, and two more.
    private static let contextWords = 8 + 2 + 16 + 2

    /// The library's; nil where it cannot be used.
    package static func compressor(of library: OpenSSL) -> SHA256.Compressor? {
        guard let update = unsafe library.digests.updateSHA256 else { return nil }
        let compressor: SHA256.Compressor = { blocks, state in
            // Sound: the structure is as large as the library's, and empty but for the state; the
            // library reads `count` bytes of the caller's.
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: contextWords) { words in
                unsafe words.initialize(repeating: 0)
                for index in 0..<8 { unsafe words[index] = state[index] }
                unsafe blocks.withUnsafeBytes {
                    unsafe _ = update(words.baseAddress, $0.baseAddress, $0.count)
                }
                for index in 0..<8 { unsafe state[index] = words[index] }
            }
        }
        return agrees(compressor) ? compressor : nil
    }

    /// Whether it gives for a few blocks what ours gives.
    private static func agrees(_ compressor: @escaping SHA256.Compressor) -> Bool {
        let sample = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var (ours, theirs) = (SHA256(), SHA256())
        ours.update(sample.span, by: nil)
        theirs.update(sample.span, by: compressor)
        return ours.finalize() == theirs.finalize()
    }
}
