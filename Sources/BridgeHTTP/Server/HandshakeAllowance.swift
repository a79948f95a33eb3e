/// How many handshakes a server spends on those whom it then refuses.
///
/// A handshake takes about a millisecond of the processor, a hundred times as much as a refusal in
/// the clear. So there are `burst` of them at once and `rate` in a second; who comes above that is
/// closed without a word, and the others are served meanwhile.
package struct HandshakeAllowance: Sendable, Equatable {
    package static let burst = 16
    package static let rate = 50

    private var left = Self.burst
    /// When the last of what is left was added.
    private var last: Duration

    package init(now: Duration) { last = now }

    /// Takes one, if there is one left.
    package mutating func take(now: Duration) -> Bool {
        let step = Duration.seconds(1) / Self.rate
        let steps = max(0, Int((now - last) / step))
        if steps > 0 {
            left = min(Self.burst, left + min(steps, Self.burst))
            last = left == Self.burst ? now : last + step * steps
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
