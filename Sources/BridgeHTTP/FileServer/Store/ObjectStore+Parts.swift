internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// The right to write to the file of an upload that can go on. Whoever goes on with it takes the
/// right from whoever wrote before, whose connection may be dead without anybody knowing.
final class PartLease: Sendable {
    private let isRevoked = Mutex(false)
    /// Set before: who holds it and must not wait sees that it is over.
    private let isEnding = Atomic(false)
    private let parting = Mutex<Parting?>(nil)

    /// What its holder does when somebody takes the right.
    private struct Parting: Sendable {
        /// Writes what the holder has in memory, for whoever goes on.
        let bring: @Sendable () -> Void
        /// Gives back the room and the memory that it holds.
        let letGo: @Sendable () -> Void
    }

    /// Whether its holder may go on. Does not wait for whoever writes.
    var isHeld: Bool { !isEnding.load(ordering: .acquiring) }

    /// Returns when nothing more will be written by its holder.
    func revoke() { end(bringing: false) }

    /// - Parameters:
    ///   - bring: Writes what its holder has in memory, for whoever goes on.
    ///   - letGo: Gives back what it holds; called once, when it may not go on any more.
    func whenTaken(
        bring: @escaping @Sendable () -> Void, letGo: @escaping @Sendable () -> Void
    ) {
        parting.withLock { $0 = Parting(bring: bring, letGo: letGo) }
    }

    /// The same as `revoke`, for somebody who goes on with what is there: all that has come lies in
    /// the file then, as far as the disk takes it. Blocks.
    func handOver() { end(bringing: true) }

    private func end(bringing: Bool) {
        isEnding.store(true, ordering: .releasing)
        isRevoked.withLock { isRevoked in
            guard !isRevoked else { return }
            let parting = parting.withLock { $0 }
            if bringing { parting?.bring() }
            isRevoked = true
            parting?.letGo()
        }
    }

    /// Returns when its holder does nothing that only a holder may do.
    func waitForHolder() { isRevoked.withLock { _ in } }

    /// Does what only the holder may do.
    func whileHeld<Result>(
        _ work: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try isRevoked.withLock { isRevoked throws(StoreError) in
            guard !isRevoked else { throw .superseded }
            return try work()
        }
    }
}

/// What of an upload lies in the store before it is whole.
enum PartState: Sendable {
    case running(PartLease)
    /// Nobody writes: bytes of the file, and since when, in milliseconds since 1970; nil when that
    /// was before the server's start.
    case kept(size: Int, since: Int64?)
}

/// A part that a request goes on with.
struct SeizedPart: Sendable {
    let file: OpenFile
    let metadata: ObjectMetadata
    /// Bytes of data that are there.
    let size: Int
    let lease: PartLease
}

/// Uploads that were cut and can go on.
///
/// ## Theory of operation
/// The file of such an upload has the object's name from the first byte on, in a folder of its
/// own, and its metadata in its first block, so that it is found again after the server's end,
/// however that came. As data is written in order, the size of the file says how far it is. A power
/// failure may break that order, so a part counts only on the machine's run in which it was begun
/// (its `generation` says which). A part counts against the quotas as an object does. It goes an
/// hour after it was cut, when its owner deletes it or begins anew, or when the object is there.
extension ObjectStore {
    /// How long a part waits for its sender, in milliseconds: an hour.
    static let partTime: Int64 = 3_600_000
    /// Least data of an upload that was cut that is worth keeping: 64 KiB.
    static let leastPart = 64 << 10

    func partPath(_ key: ObjectKey) -> String { "\(partsFolder)/\(key.text)" }

    /// Counts what was left by an earlier server, and removes what cannot go on.
    func findParts() throws(SocketError) {
        for name in try files.names(in: partsFolder) {
            let path = "\(partsFolder)/\(name)"
            guard let key = ObjectKey(stored: name), !contains(key), let found = try? read(key)
            else {
                _ = try files.remove(path)
                continue
            }
            let size = ObjectMetadata.blockSize + found.size
            parts.withLock { $0[key] = .kept(size: size, since: nil) }
            account(key, size, 1, uploader: found.metadata.uploader)
        }
    }

    private func read(
        _ key: ObjectKey
    ) throws(StoreError) -> (file: OpenFile, metadata: ObjectMetadata, size: Int) {
        let (file, metadata) = try named(key)
        let size: Int
        do throws(SocketError) {
            size = try file.size() - ObjectMetadata.blockSize
        } catch { throw StoreError(error) }
        guard !machineRun.isEmpty, metadata.generation == machineRun, size >= 0 else {
            throw .missing
        }
        return (file, metadata, size)
    }

    /// What lies under the name of a part: one, or an object that is about to have its own name.
    private func named(_ key: ObjectKey) throws(StoreError) -> (OpenFile, ObjectMetadata) {
        let file: OpenFile
        let block: Bytes
        do throws(SocketError) {
            file = try OpenFile.updating(partPath(key), calls: calls)
            block = try file.read(at: 0, limit: ObjectMetadata.blockSize)
        } catch { throw StoreError(error) }
        guard let metadata = ObjectMetadata(block) else { throw .missing }
        return (file, metadata)
    }

    /// A part in such a state. One that is over, as its holder has lost it and made something else
    /// of it, is forgotten.
    private func read(
        _ key: ObjectKey, in state: PartState, of parts: inout [ObjectKey: PartState]
    ) throws(StoreError) -> (file: OpenFile, metadata: ObjectMetadata, size: Int) {
        do throws(StoreError) { return try read(key) } catch {
            if error == .missing, case .running(let lease) = state, !lease.isHeld {
                parts[key] = nil
                removePartial(partPath(key))
            }
            throw error
        }
    }

    /// Creates the file of an upload, in place of what the same sender has begun before.
    func beginPart(
        _ key: ObjectKey, _ metadata: ObjectMetadata, _ lease: PartLease
    ) throws(StoreError) -> OpenFile {
        var metadata = metadata
        metadata.generation = machineRun
        return try parts.withLock { parts throws(StoreError) in
            if parts[key] != nil, let found = try? read(key) {
                guard ConstantTime.equal(found.metadata.token, metadata.token) else {
                    throw .exists
                }
                remove(key, found.metadata, from: &parts)
            }
            do throws(SocketError) {
                let file = try OpenFile.creating(partPath(key), calls: calls)
                do throws(SocketError) {
                    try file.write(metadata.encoded().span, at: 0)
                } catch {
                    removePartial(partPath(key))
                    throw error
                }
                parts[key] = .running(lease)
                return file
            } catch { throw StoreError(error) }
        }
    }

    /// Takes the right to write to a part from whoever has it. Blocks.
    func seizePart(_ key: ObjectKey, token: String) throws(StoreError) -> SeizedPart {
        // What is written for us is written without the lock: it may be much.
        if case .running(let lease)? = parts.withLock({ $0[key] }) {
            let (_, metadata) = try named(key)
            guard ConstantTime.equal(metadata.token, token) else { throw .missing }
            if metadata.generation == machineRun {
                lease.handOver()
            } else {
                // It is being published; whoever asks wants to know what has become of it.
                lease.waitForHolder()
            }
        }
        return try parts.withLock { parts throws(StoreError) in
            guard let state = parts[key] else { throw .missing }
            let found = try read(key, in: state, of: &parts)
            guard ConstantTime.equal(found.metadata.token, token) else { throw .missing }
            if case .running(let old) = state { old.revoke() }
            // Only now nobody else writes; who did may have made it whole meanwhile.
            let part = try read(key, in: state, of: &parts)
            if case .kept(let size, _) = state {
                account(key, size, -1, uploader: part.metadata.uploader)
            }
            let lease = PartLease()
            parts[key] = .running(lease)
            return SeizedPart(
                file: part.file, metadata: part.metadata, size: part.size, lease: lease)
        }
    }

    /// Leaves a part to a later request.
    /// - Parameter least: Less data than that is not worth keeping, where nobody has asked for it.
    /// - Returns: Whether there is something to go on with.
    @discardableResult
    func keepPart(
        _ key: ObjectKey, _ metadata: ObjectMetadata, _ lease: PartLease, least: Int = 0,
        now: Int64
    ) -> Bool {
        parts.withLock { parts in
            guard case .running(let current)? = parts[key], current === lease else { return false }
            guard let size = files.size(of: partPath(key)),
                size >= ObjectMetadata.blockSize + least
            else {
                remove(key, metadata, from: &parts)
                return false
            }
            parts[key] = .kept(size: size, since: now)
            account(key, size, 1, uploader: metadata.uploader)
            return true
        }
    }

    /// The upload is over: what is left of its part goes, unless somebody goes on with it.
    func endPart(_ key: ObjectKey, _ metadata: ObjectMetadata, _ lease: PartLease) {
        parts.withLock { parts in
            guard lease.isHeld, case .running(let current)? = parts[key], current === lease
            else { return }
            remove(key, metadata, from: &parts)
        }
    }

    /// Removes a part for whoever has its token; false when there is none.
    func removePart(_ key: ObjectKey, token: String) -> Bool {
        parts.withLock { parts in
            guard parts[key] != nil, let found = try? read(key),
                ConstantTime.equal(found.metadata.token, token)
            else { return false }
            remove(key, found.metadata, from: &parts)
            return true
        }
    }

    /// Removes parts that nobody has gone on with.
    func sweepParts(now: Int64) {
        parts.withLock { parts in
            for case (let key, .kept(let size, let since)) in parts {
                guard let since else {
                    parts[key] = .kept(size: size, since: now)
                    continue
                }
                guard now - since >= Self.partTime else { continue }
                let uploader = (try? read(key))?.metadata.uploader ?? ""
                account(key, size, -1, uploader: uploader)
                parts[key] = nil
                removePartial(partPath(key))
            }
        }
    }

    private func remove(
        _ key: ObjectKey, _ metadata: ObjectMetadata, from parts: inout [ObjectKey: PartState]
    ) {
        switch parts.removeValue(forKey: key) {
        case .running(let lease): lease.revoke()
        case .kept(let size, _): account(key, size, -1, uploader: metadata.uploader)
        case nil: break
        }
        removePartial(partPath(key))
    }

    /// What tells this run of the machine from others; empty where the system does not say, and
    /// then no part outlives the server.
    static func machineRun(_ calls: SystemCalls) -> String {
        let file = try? OpenFile.reading("/proc/sys/kernel/random/boot_id", calls: calls)
        let bytes = (try? file?.read(at: 0, limit: 64)) ?? Bytes()
        let text = String(validating: bytes, as: UTF8.self) ?? ""
        return text.filter(\.isHexDigit)
    }
}
