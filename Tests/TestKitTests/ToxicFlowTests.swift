import TestKit
import Testing

/// The proxy's delays and cuts in virtual time, in milliseconds.
@Suite struct ToxicFlowTests {
    private static func flow(_ change: (inout Toxics) -> Void = { _ in }) -> ToxicFlow {
        ToxicFlow(.with(change))
    }

    private static func bytes(_ count: Int) -> ArraySlice<UInt8> {
        [UInt8](repeating: 7, count: count)[...]
    }

    private static func ms(_ count: Int) -> Duration { .milliseconds(count) }

    @Test func `without toxics all goes on at once`() {
        var flow = Self.flow()
        #expect(flow.step(now: Self.ms(5)) == .idle)
        flow.received([1, 2, 3], now: Self.ms(5), random: 0.5)
        #expect(flow.step(now: Self.ms(5)) == .write(3) && flow.next == [1, 2, 3])
        flow.wrote(2, now: Self.ms(5))
        #expect(flow.step(now: Self.ms(5)) == .write(1) && flow.next == [3])
        flow.wrote(1, now: Self.ms(5))
        #expect(flow.step(now: Self.ms(5)) == .idle && flow.passed == 3)
        flow.ended(now: Self.ms(6))
        #expect(flow.step(now: Self.ms(6)) == .finish && !flow.wantsInput)
    }

    @Test func `latency delays bytes and the end, and jitter never reorders`() {
        var flow = Self.flow {
            $0.latency = Self.ms(100)
            $0.jitter = Self.ms(50)
            $0.closeDelay = Self.ms(1000)
        }
        flow.received([1], now: Self.ms(0), random: 0.9)
        flow.received([2], now: Self.ms(1), random: 0)
        flow.ended(now: Self.ms(2))
        #expect(flow.step(now: Self.ms(0)) == .wait(until: Self.ms(145)))
        #expect(flow.step(now: Self.ms(145)) == .write(1) && flow.next == [1])
        flow.wrote(1, now: Self.ms(145))
        #expect(flow.step(now: Self.ms(145)) == .write(1) && flow.next == [2])
        flow.wrote(1, now: Self.ms(145))
        #expect(flow.step(now: Self.ms(145)) == .wait(until: Self.ms(1102)))
        #expect(flow.step(now: Self.ms(1102)) == .finish)
    }

    @Test func `bandwidth spreads the bytes over time`() {
        var flow = Self.flow { $0.bytesPerSecond = 50_000 }
        flow.received(Self.bytes(100_000), now: .zero, random: 0)
        var now = Duration.zero
        var writes = 0
        loop: while true {
            switch flow.step(now: now) {
            case .write(let count):
                #expect(count == 1000)
                flow.wrote(count, now: now)
                writes += 1
            case .wait(let time): now = time
            default: break loop
            }
        }
        #expect(writes == 100 && flow.passed == 100_000)
        #expect(now >= Self.ms(1970) && now <= Self.ms(1990))
    }

    @Test func `slices are small and have gaps`() {
        var flow = Self.flow {
            $0.sliceSize = 3
            $0.sliceGap = Self.ms(2)
        }
        flow.received(Self.bytes(7), now: .zero, random: 0)
        #expect(flow.step(now: .zero) == .write(3))
        flow.wrote(3, now: .zero)
        #expect(flow.step(now: .zero) == .wait(until: Self.ms(2)))
        #expect(flow.step(now: Self.ms(2)) == .write(3))
        flow.wrote(3, now: Self.ms(2))
        #expect(flow.step(now: Self.ms(9)) == .write(1))
    }

    @Test(arguments: [Toxics.Ending.close, .halfClose, .reset])
    func `a limit ends the connection exactly there`(ending: Toxics.Ending) {
        var flow = Self.flow()
        flow.received(Self.bytes(10), now: .zero, random: 0)
        flow.wrote(10, now: .zero)
        flow.set(
            .with {
                $0.limit = 4
                $0.ending = ending
            })
        flow.received(Self.bytes(3), now: .zero, random: 0)
        #expect(flow.step(now: .zero) == .write(3))
        flow.wrote(3, now: .zero)
        #expect(flow.step(now: .zero) == .idle)
        flow.received(Self.bytes(3), now: .zero, random: 0)
        #expect(flow.step(now: .zero) == .write(1))
        flow.wrote(1, now: .zero)
        #expect(flow.step(now: .zero) == .end(ending))
        flow.stop()
        #expect(flow.step(now: .zero) == .idle && !flow.wantsInput && flow.passed == 14)
    }

    @Test func `a swallowing flow takes all and says nothing, not even the end`() {
        var flow = Self.flow { $0.swallows = true }
        for _ in 0..<100 { flow.received(Self.bytes(64 << 10), now: .zero, random: 0) }
        flow.ended(now: .zero)
        #expect(flow.step(now: Self.ms(9999)) == .idle && flow.wantsInput && flow.passed == 0)
    }

    @Test func `a full flow and a stalled one want no input`() {
        var flow = Self.flow()
        while flow.wantsInput { flow.received(Self.bytes(64 << 10), now: .zero, random: 0) }
        #expect(flow.step(now: .zero) == .write(64 << 10))
        flow.wrote(1, now: .zero)
        #expect(flow.wantsInput)
        flow.set(.with { $0.stalls = true })
        #expect(!flow.wantsInput)
    }
}
