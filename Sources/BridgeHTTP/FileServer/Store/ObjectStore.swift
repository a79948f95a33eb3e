internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// Objects on a disk: each is one file, complete under its name or not there at all.
///
/// ## Theory of operation
/// ```
/// partial/<random>   being written; everything here is removed at the start
/// objects/<key>      complete: metadata block, then data
/// ```
/// An upload is written to `partial`, synced, and then given its name in one step: by `link` when
/// the name must be free (so that of two writers exactly one wins), by `rename` when its owner
/// replaces it. Then the folder is synced. A reader keeps the file open, so replacing, deleting
/// or expiring an object never disturbs a download that has begun. An expired object leaves a
/// tombstone, a metadata block alone, so that a late reader can be told when it went.
///
/// All methods but `reserve` and `release` block: call them from the `BlockingPool`.
final class ObjectStore: Sendable {
    private struct Usage {
        var stored = 0
        var reserved = 0
        var objects = 0
    }

    private let folder: String
    private let isDurable: Bool
    private let maximumBytes: Int
    private let usage = Mutex(Usage())
    let calls: SystemCalls
    let files: FileSystem
    /// What is left in `partial` since it could not be removed; the sweep tries again.
    let leftovers = Mutex<Set<String>>([])
    /// Most of those that are remembered; others stay until the next start.
    private static let longestLeftovers = 10_000
    /// Held while a name changes its meaning, so that sizes add up and a removal and a publication
    /// come one after the other.
    let naming = Mutex(WithdrawnUploads())

    var objectsFolder: String { folder + "/objects" }
    var partialFolder: String { folder + "/partial" }

    /// Opens or creates a store, removes what was left half written, and counts what is there.
    init(
        folder: String, isDurable: Bool, maximumBytes: Int, calls: SystemCalls = SystemCalls()
    ) throws(SocketError) {
        self.folder = folder
        self.calls = calls
        files = FileSystem(calls)
        self.isDurable = isDurable
        self.maximumBytes = maximumBytes
        for path in [folder, objectsFolder, partialFolder] {
            try files.makeDirectory(path)
        }
        for name in try files.names(in: partialFolder) {
            _ = try files.remove("\(partialFolder)/\(name)")
        }
        var counted = Usage()
        for name in try files.names(in: objectsFolder) {
            guard let size = files.size(of: "\(objectsFolder)/\(name)") else { continue }
            counted.stored += size
            counted.objects += 1
        }
        usage.withLock { [counted] in $0 = counted }
    }

    /// Objects and their bytes on the disk.
    var stored: (objects: Int, bytes: Int) { usage.withLock { ($0.objects, $0.stored) } }

    func path(_ key: ObjectKey) -> String { "\(objectsFolder)/\(key.text)" }

    // MARK: - Room

    /// Sets bytes aside for an upload; false when the store would become too full.
    func reserve(_ count: Int) -> Bool {
        usage.withLock { usage in
            let (sum, overflow) = (usage.stored + usage.reserved)
                .addingReportingOverflow(count)
            guard !overflow, sum <= maximumBytes else { return false }
            usage.reserved += count
            return true
        }
    }

    func release(_ count: Int) { usage.withLock { $0.reserved -= count } }

    /// Whether the disk has room for this many bytes, as far as can be known.
    func hasDiskSpace(for count: Int) -> Bool {
        guard let free = try? files.freeBytes(at: folder) else { return true }
        return free >= count
    }

    func account(objects: Int, bytes: Int) {
        usage.withLock {
            $0.objects += objects
            $0.stored += bytes
        }
    }

    // MARK: - Names

    /// Gives a complete file its name.
    /// - Parameter replacing: The token with which an object of that name may be replaced; nil
    ///   when the name must be free.
    /// - Returns: Whether an object was replaced.
    func publish(
        _ partial: String, _ metadata: ObjectMetadata, as key: ObjectKey,
        replacing token: String?
    ) throws(StoreError) -> Bool {
        let size = ObjectMetadata.blockSize + metadata.size
        do throws(StoreError) {
            try naming.withLock { withdrawn throws(StoreError) in
                guard !withdrawn.contains(key, token: metadata.token) else { throw .withdrawn }
                do throws(SocketError) { try files.link(partial, as: path(key)) } catch {
                    throw StoreError(error)
                }
            }
            account(objects: 1, bytes: size)
        } catch {
            guard error == .exists, let token else { throw error }
            return try replace(partial, size, key, token)
        }
        // Nobody is told of a failure: it is stored, and whoever made it removes what is left.
        removePartial(partial)
        do throws(SocketError) { try synchronizeNames() } catch {
            // Its writer is told that it is not stored, so it shall not be there.
            _ = try? take(key, generation: metadata.generation)
            throw StoreError(error)
        }
        return false
    }

    /// Removes a file that is no object, now or at a later sweep.
    func removePartial(_ partial: String) {
        guard (try? files.remove(partial)) == nil else { return }
        leftovers.withLock { leftovers in
            if leftovers.count < Self.longestLeftovers { leftovers.insert(partial) }
        }
    }

    private func replace(
        _ partial: String, _ size: Int, _ key: ObjectKey, _ token: String
    ) throws(StoreError) -> Bool {
        let old = try replace(partial, key, token)
        account(objects: 0, bytes: size - old)
        do throws(SocketError) { try synchronizeNames() } catch { throw StoreError(error) }
        return true
    }

    private func replace(
        _ partial: String, _ key: ObjectKey, _ token: String
    ) throws(StoreError) -> Int {
        try naming.withLock { _ throws(StoreError) in
            let present = try metadata(key)
            guard ConstantTime.equal(present.token, token) else { throw .exists }
            let old = files.size(of: path(key)) ?? 0
            do throws(SocketError) { try files.rename(partial, to: path(key)) } catch {
                throw StoreError(error)
            }
            return old
        }
    }

    func synchronizeNames() throws(SocketError) {
        if isDurable { try files.synchronizeDirectory(objectsFolder) }
    }

    func synchronize(_ file: OpenFile) throws(SocketError) {
        if isDurable { try file.synchronize() }
    }

    // MARK: - Reading and removing

    /// The object with its file open, at a time in milliseconds since 1970.
    func open(_ key: ObjectKey, now: Int64) throws(StoreError) -> StoredObject {
        let file: OpenFile
        let block: Bytes
        do throws(SocketError) {
            file = try OpenFile.reading(path(key), calls: calls)
            block = try file.read(at: 0, limit: ObjectMetadata.blockSize)
        } catch { throw StoreError(error) }
        guard let metadata = ObjectMetadata(block) else { throw .damaged }
        let isGone = metadata.isTombstone || metadata.isExpired(at: now)
        return StoredObject(key: key, metadata: metadata, file: file, isGone: isGone)
    }

    private func metadata(_ key: ObjectKey) throws(StoreError) -> ObjectMetadata {
        try open(key, now: .min).metadata
    }

    /// Whether a name is taken.
    func contains(_ key: ObjectKey) -> Bool { files.size(of: path(key)) != nil }

    /// Removes an object for whoever has its token.
    ///
    /// An upload of that name and token that is still under way will not be stored: its sender has
    /// given it up.
    func remove(_ key: ObjectKey, token: String) throws(StoreError) {
        let isStored = naming.withLock { withdrawn in
            let isStored = contains(key)
            if !isStored { withdrawn.add(key, token: token) }
            return isStored
        }
        guard isStored else { throw .missing }
        guard ConstantTime.equal(try metadata(key).token, token) else { throw .wrongToken }
        guard try take(key) else { throw .missing }
        naming.withLock { $0.add(key, token: token) }
    }

    /// Removes an object; of several who try at once, exactly one is told true.
    /// - Parameter generation: What must still be stored there; nil: whatever is.
    func take(_ key: ObjectKey, generation: String? = nil) throws(StoreError) -> Bool {
        try naming.withLock { _ throws(StoreError) in
            if let generation, try metadata(key).generation != generation { return false }
            let size = files.size(of: path(key)) ?? 0
            do throws(SocketError) {
                guard try files.remove(path(key)) else { return false }
            } catch { throw StoreError(error) }
            account(objects: -1, bytes: -size)
            return true
        }
    }
}

/// An object that a reader holds open.
struct StoredObject: Sendable {
    let key: ObjectKey
    let metadata: ObjectMetadata
    let file: OpenFile
    /// Whether it has expired; then the file holds no data that may be given out.
    let isGone: Bool

    /// Where the data lies in the file.
    var dataRange: Range<Int> {
        ObjectMetadata.blockSize..<ObjectMetadata.blockSize + metadata.size
    }
}

/// Comparing secrets.
enum ConstantTime {
    /// Whether two texts are equal, in a time that tells nothing about where they differ.
    static func equal(_ left: String, _ right: String) -> Bool {
        let one = Array(left.utf8)
        let other = Array(right.utf8)
        var difference = one.count ^ other.count
        for index in one.indices where !other.isEmpty {
            difference |= Int(one[index] ^ other[index % other.count])
        }
        return difference == 0
    }
}
