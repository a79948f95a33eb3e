internal import Glibc
internal import Synchronization

/// Where events go: into a logger of the program's own, a file, a test.
///
/// `LogSink { event in logger.log(…) }` takes every event in turn. It is called from any task, in
/// the order of one flow's stages, and must not block for long. What lies below its level is not
/// even made.
public struct LogSink: Sendable {
    /// The least level that it takes.
    public let level: LogEvent.Level
    private let write: @Sendable (LogEvent) -> Void

    /// A sink.
    /// - Parameters:
    ///   - level: The least level that it takes.
    ///   - write: Takes an event.
    public init(
        from level: LogEvent.Level = .debug, _ write: @escaping @Sendable (LogEvent) -> Void
    ) {
        self.level = level
        self.write = write
    }

    /// Hands on an event, when its level is high enough.
    public func record(_ event: LogEvent) {
        if event.level >= level { write(event) }
    }

    /// A sink that writes each event from `debug` on to standard error, as one line.
    public static var standardError: LogSink { standardError(from: .debug) }

    /// A sink that writes each event from a level on to standard error, as one line.
    public static func standardError(from level: LogEvent.Level) -> LogSink {
        LogSink(from: level) { event in
            let line = Array((event.description + "\n").utf8)
            // Sound: the bytes outlive the call. One call per line keeps lines of several tasks
            // apart; a closed standard error is no reason to fail.
            unsafe line.withUnsafeBytes {
                unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
        }
    }
}

/// Keeps events in memory, up to a bound; for tests and for showing one flow.
public final class LogCollector: Sendable {
    private let capacity: Int
    private let state = Mutex((events: [LogEvent](), dropped: 0))

    /// - Parameter capacity: Most events that are kept; later ones are counted and dropped.
    public init(capacity: Int = 100_000) { self.capacity = capacity }

    /// What collects here.
    public var sink: LogSink { LogSink(from: .trace) { [self] event in record(event) } }

    /// Keeps an event.
    public func record(_ event: LogEvent) {
        state.withLock { state in
            if state.events.count < capacity {
                state.events.append(event)
            } else {
                state.dropped += 1
            }
        }
    }

    /// All events so far, or those of one flow, in the order in which they came.
    public func events(of correlationID: String? = nil) -> [LogEvent] {
        state.withLock { state in
            guard let correlationID else { return state.events }
            return state.events.filter { $0.correlationID == correlationID }
        }
    }

    /// Events that found no room.
    public var droppedCount: Int { state.withLock { $0.dropped } }
}
