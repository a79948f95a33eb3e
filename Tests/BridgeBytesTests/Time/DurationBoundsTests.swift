import BridgeBytes
import Testing

@Suite struct DurationBoundsTests {
    @Test(arguments: [
        Duration.zero, .seconds(-5), .seconds(Int64.min), .seconds(Int64.max),
        .seconds(Int64.max) * 18, .nanoseconds(1),
    ])
    func `any span can be added to a clock's time`(span: Duration) {
        let start = ContinuousClock.now
        #expect(start + span.clampedForClocks >= start)
        #expect(.after(span) >= start && .after(span) < start + .forever + .seconds(60))
        #expect(span.clampedForClocks >= .zero && span.clampedForClocks <= .forever)
    }
}
