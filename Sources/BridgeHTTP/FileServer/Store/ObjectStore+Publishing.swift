internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// When an upload may take its name.
struct PublishingRule: Sendable {
    /// The token with which an object of that name may be replaced; nil when it must be free.
    var token: String?
    /// What the request demands of what is stored, looked at when the name is taken and not only
    /// when the upload begins.
    var conditions: Preconditions?
}

extension ObjectStore {
    /// Gives a complete file its name.
    /// - Returns: Whether an object was replaced.
    func publish(
        _ partial: String, _ metadata: ObjectMetadata, as key: ObjectKey, _ rule: PublishingRule
    ) throws(StoreError) -> Bool {
        let size = ObjectMetadata.blockSize + metadata.size
        let old = try naming.withLock { withdrawn throws(StoreError) in
            let present = try? self.metadata(key)
            let isTaken = present != nil || contains(key)
            let stored = present.map { $0.validator(of: key) }
            if let conditions = rule.conditions, conditions.evaluate(stored) != .proceed {
                throw .conditionFailed
            }
            guard isTaken else {
                guard !withdrawn.contains(key, token: metadata.token) else { throw .withdrawn }
                do throws(SocketError) { try files.link(partial, as: path(key)) } catch {
                    throw StoreError(error)
                }
                account(key, size, 1, uploader: metadata.uploader)
                return Int?.none
            }
            return try replace(partial, size, key, metadata, rule, present)
        }
        guard old == nil else {
            do throws(SocketError) { try synchronizeNames() } catch { throw StoreError(error) }
            return true
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

    /// Puts a file in another's place; the caller holds the lock of names.
    private func replace(
        _ partial: String, _ size: Int, _ key: ObjectKey, _ metadata: ObjectMetadata,
        _ rule: PublishingRule, _ present: ObjectMetadata?
    ) throws(StoreError) -> Int {
        guard let token = rule.token else { throw .exists }
        guard let present else { throw .damaged }
        guard ConstantTime.equal(present.token, token) else { throw .exists }
        let old = files.size(of: path(key)) ?? 0
        do throws(SocketError) { try files.rename(partial, to: path(key)) } catch {
            throw StoreError(error)
        }
        forget(key, present.generation)
        account(key, old, -1, uploader: present.uploader)
        account(key, size, 1, uploader: metadata.uploader)
        return old
    }

    /// Puts a metadata block alone in the place of an object, if it is still the same; the old
    /// file goes, or keeps a name that it was given before.
    ///
    /// Where there is no room for the block the object goes first: making room must not need room.
    /// Then there may be nothing in its place, and whoever asks for it is told 404.
    /// - Returns: Whether the object was still there.
    func leave(_ block: ObjectMetadata, inPlaceOf object: StoredObject) throws(StoreError) -> Bool {
        var generator = SystemGenerator()
        let partial = "\(partialFolder)/\(UniqueID.hex128(using: &generator))"
        let bytes = block.encoded()
        let target = path(object.key)
        return try naming.withLock { _ throws(StoreError) in
            let present = try? metadata(object.key)
            guard present?.generation == block.generation, present?.state == object.metadata.state
            else { return false }
            let old = files.size(of: target) ?? 0
            defer { forget(object.key, block.generation) }
            do throws(SocketError) {
                do throws(SocketError) {
                    try OpenFile.creating(partial, calls: calls).write(bytes.span, at: 0)
                    try files.rename(partial, to: target)
                } catch {
                    removePartial(partial)
                    guard try files.remove(target) else { return false }
                    account(object.key, old, -1, uploader: object.metadata.uploader)
                    try OpenFile.creating(partial, calls: calls).write(bytes.span, at: 0)
                    try files.rename(partial, to: target)
                    account(remains: bytes.count)
                    return true
                }
            } catch {
                removePartial(partial)
                guard files.size(of: target) == nil else { throw StoreError(error) }
                return true
            }
            account(object.key, old, -1, uploader: object.metadata.uploader)
            account(remains: bytes.count)
            return true
        }
    }
}
