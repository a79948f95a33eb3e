import BridgeHTTP
import TestKit
import Testing

@Suite struct HandshakeAllowanceTests {
    @Test func `some at once, then as many as a second has`() {
        var allowance = HandshakeAllowance(now: .zero)
        var granted = 0
        while allowance.take(now: .zero) { granted += 1 }
        #expect(granted == HandshakeAllowance.burst)
        granted = 0
        for millisecond in 1...2000 where allowance.take(now: .milliseconds(millisecond)) {
            granted += 1
        }
        #expect(granted == 2 * HandshakeAllowance.rate)
    }

    @Test func `a rest gives no more than there are at once`() {
        var allowance = HandshakeAllowance(now: .zero)
        for hour in [1, 2, 1_000_000] {
            var granted = 0
            while allowance.take(now: .seconds(3600 * hour)) { granted += 1 }
            #expect(granted == HandshakeAllowance.burst)
        }
    }

    @Test func `whenever they are asked for, the rate holds`() {
        var generator = SeededGenerator("handshakes")
        var allowance = HandshakeAllowance(now: .zero)
        var now = 0
        var granted = 0
        for _ in 0..<20_000 {
            now += Int.random(in: 0...50, using: &generator)
            if allowance.take(now: .milliseconds(now)) { granted += 1 }
            let most = HandshakeAllowance.burst + now * HandshakeAllowance.rate / 1000
            #expect(granted <= most)
        }
        // Who asks 40 times a second gets nearly all.
        #expect(granted > 15_000)
    }
}
