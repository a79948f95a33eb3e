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
    private let owner: FileOwner
    private let file: OpenFile
    private let partial: String
    private let state: Mutex<State>

    /// Creates the file and reserves room. Blocks.
    init(
        store: ObjectStore, for owner: FileOwner, reserving size: Int
    ) throws(StoreError) {
        let (total, overflow) = size.addingReportingOverflow(ObjectMetadata.blockSize)
        guard !overflow, store.freeBytes.map({ $0 >= total }) ?? true else { throw .full }
        try store.beginUpload()
        var generator = SystemGenerator()
        partial = "\(store.partialFolder)/\(UniqueID.hex128(using: &generator))"
        do throws(StoreError) {
            try store.reserve(total, files: 1, for: owner)
            do throws(SocketError) {
                file = try OpenFile.creating(partial, calls: store.calls)
            } catch {
                store.release(total, files: 1, for: owner)
                throw StoreError(error)
            }
        } catch {
            store.endUpload()
            throw error
        }
        self.store = store
        self.owner = owner
        state = Mutex(State(reserved: total))
    }

    deinit {
        discard()
        store.endUpload()
    }

    /// Makes sure that this many bytes of data are reserved.
    func reserve(upTo size: Int) throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            let (needed, overflow) = size.addingReportingOverflow(ObjectMetadata.blockSize)
            guard !overflow else { throw .full }
            guard needed > state.reserved else { return }
            try store.reserve(needed - state.reserved, files: 0, for: owner)
            state.reserved = needed
        }
    }

    /// Writes data into the page cache; `position` counts from the start of the data.
    func write(_ span: Span<UInt8>, at position: Int) throws(StoreError) {
        do throws(SocketError) {
            try file.write(span, at: ObjectMetadata.blockSize + position)
        } catch { throw StoreError(error) }
    }

    /// The SHA-256 digest of what was written, read back from the file. Blocks.
    func sha256(size: Int) throws(StoreError) -> String {
        var digest = RunningChecksum(.sha256)
        try readBack(size) { digest.update($0) }
        return digest.finalize().digits
    }

    /// The MD5 digest of what was written, read back from the file, in lower case. Blocks.
    func md5(size: Int) throws(StoreError) -> String {
        var digest = MD5()
        try readBack(size) { digest.update($0) }
        return Hex.string(digest.finalize().span)
    }

    private func readBack(_ size: Int, _ body: (Span<UInt8>) -> Void) throws(StoreError) {
        do throws(SocketError) {
            let start = ObjectMetadata.blockSize
            _ = try file.read(start..<start + size) {
                body($0)
                return true
            }
        } catch { throw StoreError(error) }
    }

    /// Completes the file and gives it its name. Blocks, perhaps for long: the data goes to disk.
    /// - Returns: Whether an older object was replaced.
    func publish(
        _ metadata: ObjectMetadata, as key: ObjectKey, _ rule: PublishingRule
    ) throws(StoreError) -> Bool {
        defer { discard() }
        do throws(SocketError) {
            try file.write(metadata.encoded().span, at: 0)
            try store.synchronize(file)
        } catch { throw StoreError(error) }
        let isReplaced = try store.publish(partial, metadata, as: key, rule)
        if let state = try? file.state() {
            store.verified.add(key, generation: metadata.generation, state)
        }
        return isReplaced
    }

    /// Whether what was written is what is read, for a trial of the disk. Blocks.
    func holds(_ bytes: Bytes) -> Bool {
        (try? file.read(at: ObjectMetadata.blockSize, limit: bytes.count)) == bytes
    }

    /// Removes the file, if it was not published, and gives the room back. Blocks.
    /// - Returns: Whether the file is gone; otherwise the sweep tries again.
    @discardableResult
    func discard() -> Bool {
        let reserved = state.withLock { state -> Int? in
            guard !state.isSettled else { return nil }
            state.isSettled = true
            return state.reserved
        }
        guard let reserved else { return true }
        store.release(reserved, files: 1, for: owner)
        // After a publication that name is gone already, if it could be taken away.
        return store.removePartial(partial)
    }
}
