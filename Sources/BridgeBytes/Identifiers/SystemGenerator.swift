/// The system's randomness, for whatever must not be guessed.
///
/// The standard library's own generator has no size. A variable without a size has no address of
/// its own either, and the thread sanitizer, which follows what is passed `inout` by address, then
/// accuses or even reads some other memory. This one counts its draws, and so has a place.
package struct SystemGenerator: RandomNumberGenerator, Sendable {
    /// Numbers drawn so far.
    package private(set) var draws: UInt64 = 0

    package init() {}

    package mutating func next() -> UInt64 {
        draws &+= 1
        var system = SystemRandomNumberGenerator()
        return system.next()
    }
}
