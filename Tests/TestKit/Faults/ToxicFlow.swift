// Theory of operation.
//
// One flow is one direction of one proxied connection. It is told what was read, what was
// written and that the reading ended, always with the time, and answers what to do next. It
// touches no socket and reads no clock, so that its tests run in virtual time.
//
//     received --> segments, each with the time when it is due --> step: write up to n bytes
//
// Times only grow: a segment is never due before the one ahead of it, so that jitter delays and
// does not reorder, as TCP has it. Bandwidth and slices are a time before which nothing is
// written. The buffer is bounded: at `capacity` the flow wants no more input, the proxy stops
// reading, and the sender's window closes.

/// Delays, slices, counts and cuts the bytes of one direction.
package struct ToxicFlow: Sendable {
    /// What the proxy shall do with this direction.
    package enum Step: Equatable, Sendable {
        /// Write at most so many of the first waiting bytes.
        case write(Int)
        /// Nothing before that time, unless something happens.
        case wait(until: Duration)
        /// Nothing until something happens.
        case idle
        /// The connection ends.
        case end(Toxics.Ending)
        /// The sender has ended its side, and everything has passed.
        case finish
    }

    /// Most bytes that wait in a flow: what half a second of latency holds at 1 MB/s.
    package static let capacity = 512 << 10
    /// A limited bandwidth is spread over so many writes a second.
    private static let writesPerSecond = 50

    private struct Segment {
        var bytes: ArraySlice<UInt8>
        let due: Duration
    }

    package private(set) var toxics: Toxics
    /// Bytes that have been written on.
    package private(set) var passed = 0
    /// What `passed` was when the toxics were set.
    private var base = 0
    private var segments: [Segment] = []
    private var waiting = 0
    private var lastDue = Duration.zero
    private var nextWrite = Duration.zero
    private var endDue: Duration?
    private var isOver = false

    package init(_ toxics: Toxics = Toxics()) { self.toxics = toxics }

    /// Whether the proxy shall read: there is room, and more may come.
    package var wantsInput: Bool {
        !toxics.stalls && !isOver && endDue == nil && waiting < Self.capacity
    }

    /// The bytes that are written next.
    package var next: ArraySlice<UInt8> { segments.first?.bytes ?? [] }

    /// Changes what happens from now on. What waits keeps its time; a limit counts from here.
    package mutating func set(_ toxics: Toxics) {
        self.toxics = toxics
        base = passed
    }

    /// Bytes were read. `random` is in `0 ..< 1`.
    package mutating func received(_ bytes: ArraySlice<UInt8>, now: Duration, random: Double) {
        guard !toxics.swallows, !isOver, !bytes.isEmpty else { return }
        lastDue = max(lastDue, now + toxics.latency + toxics.jitter * random)
        segments.append(Segment(bytes: bytes, due: lastDue))
        waiting += bytes.count
    }

    /// The sender has ended its side.
    package mutating func ended(now: Duration) {
        guard !toxics.swallows, !isOver else { return }
        endDue = max(lastDue, now + toxics.latency + toxics.closeDelay)
    }

    package func step(now: Duration) -> Step {
        guard !isOver else { return .idle }
        let allowance = toxics.limit.map { $0 - (passed - base) }
        if let allowance, allowance <= 0 { return .end(toxics.ending) }
        guard let first = segments.first else {
            guard let endDue else { return .idle }
            return endDue <= now ? .finish : .wait(until: endDue)
        }
        let time = max(first.due, nextWrite)
        guard time <= now else { return .wait(until: time) }
        var count = min(first.bytes.count, allowance ?? .max, toxics.sliceSize ?? .max)
        if let rate = toxics.bytesPerSecond {
            count = min(count, max(1, rate / Self.writesPerSecond))
        }
        return .write(max(1, count))
    }

    /// So many of the first waiting bytes were written on.
    package mutating func wrote(_ count: Int, now: Duration) {
        precondition(count > 0 && count <= next.count, "more was written than there is")
        segments[0].bytes.removeFirst(count)
        if segments[0].bytes.isEmpty { segments.removeFirst() }
        waiting -= count
        passed += count
        var pause = toxics.sliceGap
        if let rate = toxics.bytesPerSecond {
            pause = max(pause, .seconds(Double(count) / Double(rate)))
        }
        nextWrite = now + pause
    }

    /// Nothing happens in this direction any more.
    package mutating func stop() {
        isOver = true
        segments = []
        waiting = 0
    }
}
