internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// Which objects were found to be as they had been written, and when.
///
/// What was looked at lately, and was not written to since, is not read through again before it
/// is handed out: reading it would tell what the page cache holds, which is what is sent.
final class VerifiedObjects: Sendable {
    private struct Mark {
        let generation: String
        let state: FileState
        let time: Duration
    }

    /// How long a look counts: an hour.
    static let trustTime = Duration.seconds(3600)
    /// Most objects that are remembered; then all are forgotten, and looked at again.
    private static let limit = 100_000

    private let marks = Mutex<[ObjectKey: Mark]>([:])

    /// Remembers an object that was just written or read through.
    func add(_ key: ObjectKey, generation: String, _ state: FileState) {
        let mark = Mark(generation: generation, state: state, time: MonotonicClock.now)
        marks.withLock { marks in
            if marks.count >= Self.limit { marks.removeAll() }
            marks[key] = mark
        }
    }

    func contains(_ object: StoredObject) -> Bool {
        let now = MonotonicClock.now
        return marks.withLock { marks in
            guard let mark = marks[object.key] else { return false }
            return mark.generation == object.metadata.generation && mark.state == object.state
                && now - mark.time < Self.trustTime
        }
    }

    func remove(_ key: ObjectKey) { marks.withLock { _ = $0.removeValue(forKey: key) } }
}
