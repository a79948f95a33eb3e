internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// What answers about an object say, whatever part of it they bring.
struct ObjectFacts: Sendable {
    let metadata: ObjectMetadata
    let validator: Preconditions.Stored
    /// What a 304 says.
    let validators: FieldList
    /// What an answer with bytes says.
    let fields: FieldList
}

/// Small objects that are asked for again and again, with their bytes.
///
/// ## Theory of operation
/// A hit is answered on the reactor's thread, without the pool and without opening a file. An
/// object gets in when the pool has read and verified it, and goes out when its name changes its
/// meaning. Each such change counts (`changes`), so that what was read before one does not get in
/// behind it. Whoever finds an object here compares the file's state with what it was when it was
/// read: what others do to the file is noticed as it is without this. Requests that are answered in
/// one turn of the reactor are answered at once, so one look is enough for all of them.
final class HotObjects: Sendable {
    final class Entry: Sendable {
        let facts: ObjectFacts
        let body: Bytes
        let state: FileState
        let path: String
        /// What is sent to those who ask for nothing but the whole.
        let prepared: PreparedAnswer?

        init(
            facts: ObjectFacts, body: Bytes, state: FileState, path: String,
            prepared: PreparedAnswer?
        ) {
            (self.facts, self.body, self.state) = (facts, body, state)
            (self.path, self.prepared) = (path, prepared)
        }
    }

    /// Largest object: 64 KiB.
    static let largest = 64 << 10
    /// Most objects.
    private static let limit = 1000
    /// Most bytes of all of them together: 32 MiB; the prepared answers hold them once more.
    private static let byteLimit = 32 << 20

    private final class Place {
        let key: ObjectKey
        let entry: Entry
        var lastUse: UInt64
        /// The reactor's turn in which the file was last seen to be as it was.
        var turn: Duration?

        init(_ key: ObjectKey, _ entry: Entry, lastUse: UInt64) {
            (self.key, self.entry, self.lastUse) = (key, entry, lastUse)
        }
    }

    private struct State {
        var places: [ObjectKey: Place] = [:]
        /// Those with native identifiers, by their 128 bits.
        var numbers: [UInt128: Place] = [:]
        var bytes = 0
        var uses: UInt64 = 0
        var changes: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Counts what has changed.
    var changes: UInt64 { state.withLock { $0.changes } }

    func find(_ key: ObjectKey) -> Entry? {
        state.withLock { state in
            guard let place = state.places[key] else { return nil }
            return Self.use(place, &state)
        }
    }

    /// The object of a native identifier.
    /// - Returns: Also whether its file was seen to be as it was in this turn.
    func find(_ number: UInt128, turn: Duration) -> (entry: Entry, isSeen: Bool)? {
        state.withLock { state in
            guard let place = state.numbers[number] else { return nil }
            return (Self.use(place, &state), place.turn == turn)
        }
    }

    /// The file of an entry is as it was.
    func saw(_ entry: Entry, _ number: UInt128, turn: Duration) {
        state.withLock { state in
            guard let place = state.numbers[number], place.entry === entry else { return }
            place.turn = turn
        }
    }

    private static func use(_ place: Place, _ state: inout State) -> Entry {
        state.uses += 1
        place.lastUse = state.uses
        return place.entry
    }

    /// - Parameter changes: What was counted before the object was read.
    func add(_ key: ObjectKey, _ entry: Entry, since changes: UInt64) {
        guard entry.body.count <= Self.largest else { return }
        state.withLock { state in
            guard state.changes == changes else { return }
            Self.remove(key, from: &state)
            state.uses += 1
            let place = Place(key, entry, lastUse: state.uses)
            state.places[key] = place
            if let number = key.number { state.numbers[number] = place }
            state.bytes += entry.body.count
            guard state.places.count > Self.limit || state.bytes > Self.byteLimit else { return }
            // A quarter at a time, so that finding the oldest costs little for each.
            let oldest = state.places.values.sorted { $0.lastUse < $1.lastUse }
            for old in oldest.prefix(oldest.count / 4 + 1) where old !== place {
                Self.remove(old.key, from: &state)
            }
        }
    }

    /// The name means something else from now on, or nothing.
    func remove(_ key: ObjectKey) {
        state.withLock { state in
            state.changes += 1
            Self.remove(key, from: &state)
        }
    }

    private static func remove(_ key: ObjectKey, from state: inout State) {
        guard let place = state.places.removeValue(forKey: key) else { return }
        if let number = key.number { state.numbers[number] = nil }
        state.bytes -= place.entry.body.count
    }
}
