internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// An object that is being written: a file without a name that anybody could ask for.
///
/// It is gone, with the room it had reserved, as soon as nobody holds it, unless it was published
/// or, where it can go on, was kept.
final class ObjectUpload: Sendable {
    private struct State {
        var reserved: Int
        var isSettled = false
        /// Data that the disk was told to begin with, from the start on.
        var begun = 0
        /// Whether it is being told now.
        var isBeginning = false
    }

    /// The disk is told of this much at a time, in bytes: 8 MiB.
    private static let writeBackSize = ObjectStore.pieceSize

    /// What a later request can go on with.
    private struct Part {
        let metadata: ObjectMetadata
        let lease: PartLease
        let now: @Sendable () -> Int64
    }

    private let store: ObjectStore
    private let owner: FileOwner
    private let file: OpenFile
    private let partial: String
    private let part: Part?
    /// Where the data comes into first, where it is answered from memory.
    private let memory: UploadMemory?
    /// Data that was brought from there to the file.
    private let brought = Mutex(0)
    private let state: Mutex<State>

    /// Creates the file and reserves room. Blocks.
    /// - Parameters:
    ///   - memory: Gives what the data is to come into first; asked when there is room for it.
    ///   - resumable: The metadata to find the upload by, where it can go on when it is cut.
    ///   - now: Milliseconds since 1970, for when it is cut.
    convenience init(
        store: ObjectStore, for owner: FileOwner, reserving size: Int,
        in memory: () -> UploadMemory? = { nil }, resumable metadata: ObjectMetadata? = nil,
        at now: @escaping @Sendable () -> Int64 = { 0 }
    ) throws(StoreError) {
        let total = try Self.reserve(size, files: 1, for: owner, in: store)
        do throws(StoreError) {
            if let metadata {
                let lease = PartLease()
                let file = try store.beginPart(owner.key, metadata, lease)
                let memory = memory()
                self.init(
                    store, owner, file, store.partPath(owner.key), total,
                    Part(metadata: metadata, lease: lease, now: now), memory)
                takeLeave(of: lease)
                return
            }
            var generator = SystemGenerator()
            let partial = "\(store.partialFolder)/\(UniqueID.hex128(using: &generator))"
            // What will be written after the answer must find room then.
            let memory = memory()
            let isOwed = memory != nil && !store.isDurable
            let file = try Self.begin(partial, in: store, with: isOwed ? total : nil)
            self.init(store, owner, file, partial, total, nil, memory)
        } catch {
            store.release(total, files: 1, for: owner)
            store.endUpload()
            throw error
        }
    }

    /// Creates a file that nobody can ask for, with room on the disk where it is to have some.
    private static func begin(
        _ partial: String, in store: ObjectStore, with room: Int?
    ) throws(StoreError) -> OpenFile {
        do throws(SocketError) {
            let file = try OpenFile.creating(partial, calls: store.calls)
            guard let room else { return file }
            do throws(SocketError) { try file.allocate(room) } catch {
                store.removePartial(partial)
                throw error
            }
            return file
        } catch { throw StoreError(error) }
    }

    private init(
        _ store: ObjectStore, _ owner: FileOwner, _ file: OpenFile, _ partial: String,
        _ reserved: Int, _ part: Part?, _ memory: UploadMemory? = nil
    ) {
        self.store = store
        self.owner = owner
        self.file = file
        self.partial = partial
        self.part = part
        self.memory = memory
        state = Mutex(State(reserved: reserved))
    }

    private static func reserve(
        _ size: Int, files: Int, for owner: FileOwner, in store: ObjectStore
    ) throws(StoreError) -> Int {
        let (total, overflow) = size.addingReportingOverflow(ObjectMetadata.blockSize)
        guard !overflow, store.freeBytes.map({ $0 >= total }) ?? true else { throw .full }
        try store.beginUpload()
        do throws(StoreError) { try store.reserve(total, files: files, for: owner) } catch {
            store.endUpload()
            throw error
        }
        return total
    }

    /// Goes on with an upload. Blocks: what is there is read through for its digest.
    /// - Parameters:
    ///   - offset: How far its sender takes it to be.
    ///   - size: Bytes that are to come, as far as that is known.
    static func resuming(
        _ key: ObjectKey, token: String, at offset: Int, by size: Int, of address: String,
        in store: ObjectStore, now: @escaping @Sendable () -> Int64
    ) throws(StoreError) -> (ObjectUpload, ObjectMetadata, HeldData) {
        let part = try store.seizePart(key, token: token)
        do throws(StoreError) {
            guard part.size == offset else { throw .wrongOffset(part.size) }
            let (total, overflow) = offset.addingReportingOverflow(size)
            guard !overflow else { throw .full }
            let owner = FileOwner(key: key, address: address)
            let reserved = try reserve(total, files: 1, for: owner, in: store)
            let upload = ObjectUpload(
                store, owner, part.file, store.partPath(key), reserved,
                Part(metadata: part.metadata, lease: part.lease, now: now))
            upload.takeLeave(of: part.lease)
            var held = HeldData(size: offset)
            try upload.readBack(offset) { held.digest.update($0) }
            return (upload, part.metadata, held)
        } catch {
            store.keepPart(key, part.metadata, part.lease, now: now())
            throw error
        }
    }

    /// Says what becomes of what this one holds when somebody else goes on.
    private func takeLeave(of lease: PartLease) {
        lease.whenTaken { [weak self] in
            try? self?.bringAll()
        } letGo: { [weak self] in
            guard let self else { return }
            _ = settle()
            memory?.letGo()
        }
    }

    deinit {
        discard()
        store.endUpload()
    }

    /// Whether a later request can go on with it.
    var isResumable: Bool { part != nil }

    /// The file, for those who read what has come.
    var reading: OpenFile { file }

    /// Makes sure that this many bytes of data are reserved.
    func reserve(upTo size: Int) throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            let (needed, overflow) = size.addingReportingOverflow(ObjectMetadata.blockSize)
            guard !overflow else { throw .full }
            guard needed > state.reserved else { return }
            // What somebody else goes on with takes no more room here.
            guard !state.isSettled else { throw .superseded }
            try store.reserve(needed - state.reserved, files: 0, for: owner)
            state.reserved = needed
        }
    }

    /// Writes data into memory or the page cache; `position` counts from the start of the data.
    func write(_ span: Span<UInt8>, at position: Int) throws(StoreError) {
        if let memory {
            guard part?.lease.isHeld ?? true else { throw .superseded }
            guard position == memory.size, memory.append(span) else { throw .full }
            return
        }
        try whileHeld { () throws(StoreError) in try writeNow(span, at: position) }
    }

    /// Does what only the holder of a part may do.
    private func whileHeld<Result>(
        _ work: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        guard let part else { return try work() }
        return try part.lease.whileHeld(work)
    }

    /// Reads once into memory, where that is where the data comes; nil where it is not, or has no
    /// room.
    /// - Parameter position: From the start of the data.
    func read(from link: Link, at position: Int, atMost most: Int) -> DirectRead? {
        guard let memory, position == memory.size, part?.lease.isHeld ?? true else { return nil }
        return memory.read(from: link, atMost: most)
    }

    private func writeNow(_ span: Span<UInt8>, at position: Int) throws(StoreError) {
        do throws(SocketError) {
            try file.write(span, at: ObjectMetadata.blockSize + position)
        } catch { throw StoreError(error) }
    }

    /// Has the disk begin with what is there, where the end of the upload will wait for it: most of
    /// it is written then while the rest still comes. Does not block.
    /// - Parameter size: Data that was written, from the start on.
    func writeBack(upTo size: Int, _ blocking: BlockingWork) {
        guard store.isDurable else { return }
        let range = state.withLock { state -> Range<Int>? in
            guard size - state.begun >= Self.writeBackSize, !state.isBeginning else { return nil }
            defer { (state.begun, state.isBeginning) = (size, true) }
            return state.begun..<size
        }
        guard let range else { return }
        blocking.submit { [self] in
            // What fails here is tried again at the end, and told then.
            if let memory {
                try? whileHeld { () throws(StoreError) in
                    try bring(memory, upTo: range.upperBound)
                }
            }
            startWriteBack(range)
            state.withLock { $0.isBeginning = false }
        }
    }

    private func startWriteBack(_ range: Range<Int>) {
        let start = ObjectMetadata.blockSize
        file.startWriteBack(start + range.lowerBound..<start + range.upperBound)
    }

    /// Writes all that has come into memory to the file; the caller holds the part. Blocks.
    private func bringAll() throws(StoreError) {
        if let memory { try bring(memory, upTo: memory.size) }
    }

    /// Writes what came into memory to the file. Blocks.
    private func bring(_ memory: UploadMemory, upTo size: Int) throws(StoreError) {
        try brought.withLock { brought throws(StoreError) in
            while brought < size {
                let end = min(size, brought + ObjectStore.pieceSize)
                guard let bytes = memory.bytes(brought..<end) else { throw .superseded }
                try writeNow(bytes.span, at: brought)
                brought = end
            }
        }
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
        if let memory {
            guard let bytes = memory.bytes(0..<size) else { throw .superseded }
            return body(bytes.span)
        }
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
        return try whileHeld { () throws(StoreError) in try publishNow(metadata, as: key, rule) }
    }

    private func publishNow(
        _ metadata: ObjectMetadata, as key: ObjectKey, _ rule: PublishingRule
    ) throws(StoreError) -> Bool {
        var block = metadata
        if let memory {
            if store.isDurable {
                try bring(memory, upTo: metadata.size)
            } else {
                block.state = .owed
            }
        }
        do throws(SocketError) {
            try file.write(block.encoded().span, at: 0)
            // Behind the block, which says that this is no part any more: the length of one tells
            // how far it has come.
            if block.state == .owed, part != nil {
                try file.allocate(ObjectMetadata.blockSize + metadata.size)
            }
            try store.synchronize(file)
        } catch { throw StoreError(error) }
        remember(metadata, as: key, isOwed: block.state == .owed)
        do throws(StoreError) {
            let isReplaced = try store.publish(partial, block, as: key, rule)
            if block.state == .whole, let state = try? file.state() {
                store.verified.add(key, generation: metadata.generation, state)
            }
            return isReplaced
        } catch {
            store.memory?.remove(key, metadata.generation)
            throw error
        }
    }

    /// Has receivers get the data from memory, before anybody can ask for it.
    private func remember(_ metadata: ObjectMetadata, as key: ObjectKey, isOwed: Bool) {
        guard let memory else { return }
        store.memory?.add(key, metadata.generation, memory, isOwed: isOwed)
    }

    /// Whether what was written is what is read, for a trial of the disk. Blocks.
    func holds(_ bytes: Bytes) -> Bool {
        (try? file.read(at: ObjectMetadata.blockSize, limit: bytes.count)) == bytes
    }

    /// Leaves what was written to a later request, and gives back the room that is not used.
    /// Blocks.
    /// - Parameter least: Less data than that is not worth keeping.
    /// - Returns: Whether there is something to go on with.
    @discardableResult
    func keep(atLeast least: Int = 0) -> Bool {
        guard let part else { return false }
        // What cannot be written is sent again.
        try? whileHeld { () throws(StoreError) in try bringAll() }
        guard settle() else { return false }
        return store.keepPart(
            owner.key, part.metadata, part.lease, least: least, now: part.now())
    }

    /// Removes the file, if it was not published, and gives the room back. Blocks.
    /// - Returns: Whether the file is gone; otherwise the sweep tries again.
    @discardableResult
    func discard() -> Bool {
        guard settle() else { return true }
        // After a publication that name is gone already, if it could be taken away.
        guard let part else { return store.removePartial(partial) }
        store.endPart(owner.key, part.metadata, part.lease)
        return true
    }

    /// Gives the reserved room back, once.
    private func settle() -> Bool {
        let reserved = state.withLock { state -> Int? in
            guard !state.isSettled else { return nil }
            state.isSettled = true
            return state.reserved
        }
        guard let reserved else { return false }
        store.release(reserved, files: 1, for: owner)
        return true
    }
}
