/// Randomness that can be had again.
///
/// One seed per run comes from `NATSBRIDGE_TEST_SEED`, or is drawn and printed; each generator
/// mixes the name of its test into it, so that tests do not disturb each other's sequences. To
/// repeat a failure, set the variable to the printed seed. The algorithm is SplitMix64.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// The seed of this run.
    package static let runSeed: UInt64 = {
        let given = Environment.value("NATSBRIDGE_TEST_SEED").flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: .min ... .max)
        print("NATSBRIDGE_TEST_SEED=\(seed)")
        return seed
    }()

    private var state: UInt64

    /// A generator of this run for the test of that name.
    package init(_ name: String) {
        // FNV-1a: Hasher would give other values in each process.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        self.init(seed: Self.runSeed ^ hash)
    }

    /// A generator with a fixed seed, for values that must be the same in every run.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// That many random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + 8)
        while result.count < count {
            var word = next()
            for _ in 0..<8 {
                result.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        result.removeLast(result.count - count)
        return result
    }
}
