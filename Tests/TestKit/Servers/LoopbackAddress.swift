import Synchronization

/// Loopback addresses (127/8) that nobody else uses, so that a port stays a fixture's own while
/// the fixture does not listen at it.
///
/// At 127.0.0.1 it would not: whoever connects to any loopback address gets a free port of
/// 127.0.0.1 as its own, and a stopped server's port is free. A system that has the one address
/// 127.0.0.1 only would need ports outside of the ephemeral range instead.
package enum LoopbackAddress {
    /// Test processes that run at the same time begin at different places.
    private static let next = Mutex(UInt32.random(in: 0..<count))
    /// The addresses 127.1.0.0 to 127.254.255.255.
    private static let count: UInt32 = 254 << 16

    /// - Returns: An address in its text form, a different one at each call.
    package static func unused() -> String {
        let number = next.withLock { next in
            next = (next + 1) % count
            return next
        }
        return "127.\(1 + number >> 16).\(number >> 8 & 255).\(number & 255)"
    }
}
