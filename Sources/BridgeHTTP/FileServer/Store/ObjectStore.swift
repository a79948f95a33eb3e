internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// Objects on a disk: each is one file, complete under its name or not there at all.
///
/// ## Theory of operation
/// ```
/// lock               held by the one server that uses the folder
/// secret             32 random bytes, see `StoreSecret`
/// partial/<random>   being written; everything here is removed at the start
/// parts/<key>        being written, or cut, by senders that can go on: see `PartState`
/// objects/<key>      complete: metadata block, then data
/// damaged/<key>.…    set aside since its data was not as it had been written
/// ```
/// An upload is written to `partial`, synced, and then given its name in one step: by `link` when
/// the name must be free (so that of two writers exactly one wins), by `rename` when its owner
/// replaces it. Then the folder is synced. A reader keeps the file open, so replacing, deleting
/// or expiring an object never disturbs a download that has begun. An expired object leaves a
/// tombstone, a metadata block alone, so that a late reader can be told when it went.
///
/// Links are never followed, and every name is changed under one lock, conditions included.
/// All methods but those about room block: call them from the `BlockingPool`.
final class ObjectStore: Sendable {
    /// What a store is opened with.
    struct Settings: Sendable {
        var folder: String
        var isDurable = true
        var quotas = RoomLedger.Quotas()
        /// Most uploads at a time, as each has a file open.
        var maximumUploads = Int.max
        /// Most bytes of uploads in memory.
        var memory = 0
        var calls = SystemCalls()
    }

    private let folder: String
    let isDurable: Bool
    private let ledger: Mutex<RoomLedger>
    private let uploads = Atomic(0)
    private let maximumUploads: Int
    private let lock: Mutex<FileLock?>
    let secret: StoreSecret
    let calls: SystemCalls
    let files: FileSystem
    let verified = VerifiedObjects()
    let hot = HotObjects()
    /// What was just uploaded; nil where it is not to be in memory.
    let memory: MemoryTier?
    /// What is left in `partial` since it could not be removed; the sweep tries again.
    let leftovers = Mutex<Set<String>>([])
    /// Most of those that are remembered; others stay until the next start.
    private static let longestLeftovers = 10_000
    /// Uploads that can go on when they were cut.
    let parts = Mutex<[ObjectKey: PartState]>([:])
    /// This run of the machine.
    let machineRun: String
    /// Held while a name changes its meaning, so that sizes add up and a removal and a publication
    /// come one after the other.
    let naming = Mutex(WithdrawnUploads())

    var objectsFolder: String { folder + "/objects" }
    var partialFolder: String { folder + "/partial" }
    var partsFolder: String { folder + "/parts" }
    var damagedFolder: String { folder + "/damaged" }

    /// Opens or creates a store, removes what was left half written, and counts what is there.
    /// Fails, and changes nothing, when another server uses the folder.
    init(_ settings: Settings) throws(SocketError) {
        folder = settings.folder
        calls = settings.calls
        isDurable = settings.isDurable
        machineRun = Self.machineRun(settings.calls)
        maximumUploads = settings.maximumUploads
        files = FileSystem(settings.calls)
        memory = settings.memory > 0 ? MemoryTier(budget: settings.memory) : nil
        try files.makeDirectory(settings.folder)
        lock = Mutex(try FileLock.take("\(settings.folder)/lock", calls: settings.calls))
        secret = StoreSecret(in: settings.folder, files: files, calls: settings.calls)
        ledger = Mutex(RoomLedger(settings.quotas))
        for path in [objectsFolder, partialFolder, partsFolder, damagedFolder] {
            try files.makeDirectory(path)
            guard files.isDirectory(path) else {
                throw SocketError(
                    "open", errno: Errno.notDirectory, subject: path,
                    detail: "links are not followed")
            }
        }
        for name in try files.names(in: partialFolder) {
            _ = try files.remove("\(partialFolder)/\(name)")
        }
        try countObjects()
        try findParts()
    }

    private func countObjects() throws(SocketError) {
        for name in try files.names(in: objectsFolder) {
            guard let size = files.size(of: "\(objectsFolder)/\(name)") else { continue }
            guard let key = ObjectKey(stored: name) else {
                account(remains: size)
                continue
            }
            account(key, size, 1)
        }
        for name in try files.names(in: damagedFolder) {
            account(remains: files.size(of: "\(damagedFolder)/\(name)") ?? 0)
        }
    }

    /// Removes what is left, and gives the folder up for another server. A sweep does nothing
    /// from then on.
    func close() {
        sweepLeftovers()
        let lock = lock.withLock { lock in
            defer { lock = nil }
            return lock
        }
        _ = lock
    }

    /// Whether the folder is still this server's alone.
    var isLocked: Bool { lock.withLock { $0?.isInPlace ?? false } }

    func path(_ key: ObjectKey) -> String { "\(objectsFolder)/\(key.text)" }

    // MARK: - Room

    /// Objects and the bytes of everything on the disk.
    var stored: (objects: Int, bytes: Int) {
        ledger.withLock { ($0.total.files, $0.total.bytes) }
    }

    /// Uploads that are under way.
    var openUploads: Int { uploads.load(ordering: .relaxed) }

    /// Takes one of the places for uploads.
    func beginUpload() throws(StoreError) {
        guard uploads.add(1, ordering: .relaxed).oldValue < maximumUploads else {
            endUpload()
            throw .busy
        }
    }

    func endUpload() { uploads.subtract(1, ordering: .relaxed) }

    /// Sets room aside for an upload.
    /// - Parameter files: 1 for a new one, 0 for one that grows.
    func reserve(_ bytes: Int, files: Int, for owner: FileOwner) throws(StoreError) {
        let refusal = ledger.withLock { $0.reserve(bytes: bytes, files: files, for: owner) }
        if let refusal { throw .quota(refusal) }
    }

    func release(_ bytes: Int, files: Int, for owner: FileOwner) {
        ledger.withLock { $0.release(bytes: bytes, files: files, for: owner) }
    }

    /// The bytes that may still be written to the disk; nil when nobody knows.
    var freeBytes: Int? { try? files.freeBytes(at: folder) }

    /// Counts a file of a size; a negative count uncounts one.
    func account(_ key: ObjectKey, _ size: Int, _ count: Int, uploader: String? = nil) {
        guard size >= ObjectMetadata.blockSize else { return account(remains: size * count) }
        var address = uploader ?? ""
        if uploader == nil, ledger.withLock({ $0.countsAddresses }) {
            address = (try? metadata(key).uploader) ?? ""
        }
        let owner = FileOwner(key: key, address: address)
        ledger.withLock { $0.add(bytes: size * count, files: count, for: owner) }
    }

    /// Counts bytes that are nobody's: tombstones, and what is damaged.
    func account(remains bytes: Int) { ledger.withLock { $0.addRemains(bytes: bytes) } }

    // MARK: - The disk

    /// Removes a file that is no object, now or at a later sweep; true when it is gone.
    @discardableResult
    func removePartial(_ partial: String) -> Bool {
        guard (try? files.remove(partial)) == nil else { return true }
        leftovers.withLock { leftovers in
            if leftovers.count < Self.longestLeftovers { leftovers.insert(partial) }
        }
        return false
    }

    func synchronizeNames() throws(SocketError) {
        if isDurable { try files.synchronizeDirectory(objectsFolder) }
    }

    func synchronize(_ file: OpenFile) throws(SocketError) {
        if isDurable { try file.synchronize() }
    }
}
