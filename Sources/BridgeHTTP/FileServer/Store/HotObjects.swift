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
/// read: what others do to the file is noticed as it is without this.
final class HotObjects: Sendable {
    struct Entry: Sendable {
        let facts: ObjectFacts
        let body: Bytes
        let state: FileState
    }

    /// Largest object: 64 KiB.
    static let largest = 64 << 10
    /// Most objects.
    private static let limit = 1000
    /// Most bytes of all of them together: 32 MiB.
    private static let byteLimit = 32 << 20

    private struct Place {
        let entry: Entry
        var lastUse: UInt64
    }

    private struct State {
        var places: [ObjectKey: Place] = [:]
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
            state.uses += 1
            state.places[key]?.lastUse = state.uses
            return place.entry
        }
    }

    /// - Parameter changes: What was counted before the object was read.
    func add(_ key: ObjectKey, _ entry: Entry, since changes: UInt64) {
        guard entry.body.count <= Self.largest else { return }
        state.withLock { state in
            guard state.changes == changes else { return }
            Self.remove(key, from: &state)
            state.uses += 1
            state.places[key] = Place(entry: entry, lastUse: state.uses)
            state.bytes += entry.body.count
            guard state.places.count > Self.limit || state.bytes > Self.byteLimit else { return }
            // A quarter at a time, so that finding the oldest costs little for each.
            let oldest = state.places.sorted { $0.value.lastUse < $1.value.lastUse }
            for (old, _) in oldest.prefix(oldest.count / 4 + 1) where old != key {
                Self.remove(old, from: &state)
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
        state.bytes -= place.entry.body.count
    }
}
