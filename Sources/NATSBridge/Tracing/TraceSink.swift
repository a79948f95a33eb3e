internal import Glibc
internal import Synchronization

/// Where a bridge's trace goes.
///
/// A sink is called from any task, in the order of one flow's stages, and must not block for long.
public protocol TraceSink: Sendable {
    /// Takes one line.
    func record(_ event: TraceEvent)
}

/// Keeps the lines in memory, up to a bound; for tests and for showing one flow.
public final class TraceCollector: TraceSink {
    private let capacity: Int
    private let state = Mutex((events: [TraceEvent](), dropped: 0))

    /// - Parameter capacity: Most lines that are kept; later ones are counted and dropped.
    public init(capacity: Int = 100_000) { self.capacity = capacity }

    public func record(_ event: TraceEvent) {
        state.withLock { state in
            if state.events.count < capacity {
                state.events.append(event)
            } else {
                state.dropped += 1
            }
        }
    }

    /// All lines so far, or those of one flow, in the order in which they came.
    public func events(of correlationID: String? = nil) -> [TraceEvent] {
        state.withLock { state in
            guard let correlationID else { return state.events }
            return state.events.filter { $0.correlationID == correlationID }
        }
    }

    /// Lines that found no room.
    public var droppedCount: Int { state.withLock { $0.dropped } }
}

/// Writes each line to standard error.
public struct StandardErrorTrace: TraceSink {
    /// A sink to standard error.
    public init() {}

    public func record(_ event: TraceEvent) {
        let line = Array((event.description + "\n").utf8)
        // Sound: the bytes outlive the call. One call a line keeps lines of several tasks apart;
        // a closed standard error is no reason to fail.
        unsafe line.withUnsafeBytes {
            unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
