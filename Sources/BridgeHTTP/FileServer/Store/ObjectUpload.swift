internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// An object that is being written: a file without a name that anybody could ask for.
///
/// It is gone, with the room it had reserved, as soon as nobody holds it, unless it was published.
final class ObjectUpload: Sendable {
    private struct State {
        var reserved: Int
        var isSettled = false
    }

    private let store: ObjectStore
    private let file: OpenFile
    private let partial: String
    private let state: Mutex<State>

    /// Creates the file and reserves room. Blocks.
    init(store: ObjectStore, reserving size: Int) throws(StoreError) {
        let (total, overflow) = size.addingReportingOverflow(ObjectMetadata.blockSize)
        guard !overflow, store.hasDiskSpace(for: total), store.reserve(total) else { throw .full }
        var generator = SystemGenerator()
        partial = "\(store.partialFolder)/\(UniqueID.hex128(using: &generator))"
        do throws(SocketError) { file = try OpenFile.creating(partial, calls: store.calls) } catch {
            store.release(total)
            throw StoreError(error)
        }
        self.store = store
        state = Mutex(State(reserved: total))
    }

    deinit { discard() }

    /// Makes sure that this many bytes of data are reserved; false when there is no room for them.
    func reserve(upTo size: Int) -> Bool {
        state.withLock { state in
            let (needed, overflow) = size.addingReportingOverflow(ObjectMetadata.blockSize)
            guard !overflow else { return false }
            guard needed > state.reserved else { return true }
            guard store.reserve(needed - state.reserved) else { return false }
            state.reserved = needed
            return true
        }
    }

    /// Writes data into the page cache; `position` counts from the start of the data.
    func write(_ span: Span<UInt8>, at position: Int) throws(StoreError) {
        do throws(SocketError) {
            try file.write(span, at: ObjectMetadata.blockSize + position)
        } catch { throw StoreError(error) }
    }

    /// Completes the file and gives it its name. Blocks, perhaps for long: the data goes to disk.
    /// - Returns: Whether an older object was replaced.
    func publish(
        _ metadata: ObjectMetadata, as key: ObjectKey, replacing token: String?
    ) throws(StoreError) -> Bool {
        defer { discard() }
        do throws(SocketError) {
            try file.write(metadata.encoded().span, at: 0)
            try store.synchronize(file)
        } catch { throw StoreError(error) }
        return try store.publish(partial, metadata, as: key, replacing: token)
    }

    /// Removes the file, if it was not published, and gives the room back. Blocks.
    func discard() {
        let reserved = state.withLock { state -> Int? in
            guard !state.isSettled else { return nil }
            state.isSettled = true
            return state.reserved
        }
        guard let reserved else { return }
        store.release(reserved)
        // After a publication that name is gone already, if it could be taken away.
        store.removePartial(partial)
    }
}
