import BridgeBytes
import NATSWire
import TestKit

/// The servers of a cluster, the lines to them, and time.
///
/// Everything that will happen is an event with a time; the earliest is taken and the clock jumps
/// to it. Bytes travel in pieces of random sizes, each after `latency`; a line may be cut at any
/// byte of what is on its way in either direction, or freeze.
struct PairNetwork {
    enum Event {
        case toServer(Int, Bytes)
        case toClient(Int, Bytes)
        case serverGone(Int)
        /// The client's kernel takes bytes of that line again.
        case writable(Int)
        case clientTimer
        case serverTimer(Int)
        case opened(Int, ServerURL)
        case refused(Int)
        case prepared(Int)
    }

    struct Line {
        var server: PairServer
        let host: String
        /// Nothing passes any more, and nobody is told.
        var isFrozen = false
        /// When each direction delivers what was sent last, so that bytes keep their order.
        var delivered = (toServer: Duration.zero, toClient: Duration.zero)
    }

    static let latency = Duration.milliseconds(20)
    private(set) var now = Duration.zero
    private var events: [(time: Duration, order: Int, event: Event)] = []
    private var order = 0
    /// When the client's clock is to be looked at: each moment once, as it is asked for often.
    private var timers: Set<Duration> = []
    var random: SeededGenerator
    var lines: [Int: Line] = [:]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func after(_ wait: Duration, _ event: Event) {
        order += 1
        let entry = (time: now + wait, order: order, event: event)
        let index = events.firstIndex { $0.time > entry.time } ?? events.endIndex
        events.insert(entry, at: index)
    }

    mutating func wakeClient(at deadline: Duration) {
        let time = max(now, deadline)
        if timers.insert(time).inserted { after(time - now, .clientTimer) }
    }

    /// Takes the next event up to a moment, or lets the time pass.
    mutating func next(until end: Duration) -> Event? {
        guard let next = events.first, next.time <= end else {
            now = max(now, end)
            return nil
        }
        events.removeFirst()
        if case .clientTimer = next.event { timers.remove(next.time) }
        now = max(now, next.time)
        return next.event
    }

    mutating func send(toServer line: Int, _ bytes: Bytes) {
        guard let known = lines[line], !known.isFrozen else { return }
        let time = deliver(bytes, after: known.delivered.toServer) { .toServer(line, $0) }
        lines[line]?.delivered.toServer = time
    }

    mutating func send(toClient line: Int, _ text: String) {
        guard let known = lines[line], !known.isFrozen else { return }
        let time = deliver(Bytes(utf8: text), after: known.delivered.toClient) {
            .toClient(line, $0)
        }
        lines[line]?.delivered.toClient = time
    }

    /// Cuts bytes into pieces that arrive one after the other; returns when the last one does.
    private mutating func deliver(
        _ bytes: Bytes, after last: Duration, _ event: (Bytes) -> Event
    ) -> Duration {
        var rest = bytes
        var time = max(now + Self.latency, last)
        while !rest.isEmpty {
            let count = Int.random(in: 1...rest.count, using: &random)
            after(time - now, event(rest[0..<count]))
            rest = rest[count...]
            time += .microseconds(Int.random(in: 0...500, using: &random))
        }
        return time
    }

    /// The server ends the connection; what is on its way to the client comes before the end.
    mutating func close(_ line: Int) {
        guard let known = lines.removeValue(forKey: line), !known.isFrozen else { return }
        after(max(now + Self.latency, known.delivered.toClient) - now, .serverGone(line))
    }

    /// The line breaks: of what is on its way in each direction a part arrives, up to any byte.
    mutating func cut(_ line: Int) {
        var isWhole = (toServer: true, toClient: true)
        var kept: [(time: Duration, order: Int, event: Event)] = []
        for entry in events {
            switch entry.event {
            case .toServer(line, let bytes):
                let count = isWhole.toServer ? Int.random(in: 0...bytes.count, using: &random) : 0
                if count < bytes.count { isWhole.toServer = false }
                if count > 0 {
                    kept.append((entry.time, entry.order, .toServer(line, bytes[0..<count])))
                }
            case .toClient(line, let bytes):
                let count = isWhole.toClient ? Int.random(in: 0...bytes.count, using: &random) : 0
                if count < bytes.count { isWhole.toClient = false }
                if count > 0 {
                    kept.append((entry.time, entry.order, .toClient(line, bytes[0..<count])))
                }
            default: kept.append(entry)
            }
        }
        events = kept
        // The server reads what has arrived, and nobody hears its answers.
        lines[line]?.isFrozen = true
        after(Self.latency * 2, .serverGone(line))
    }
}
