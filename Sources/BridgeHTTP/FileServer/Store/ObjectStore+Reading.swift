internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

extension ObjectStore {
    /// The object with its file open, at a time in milliseconds since 1970. Its metadata and its
    /// length are right; its data is looked at by `isRight`.
    func open(_ key: ObjectKey, now: Int64) throws(StoreError) -> StoredObject {
        let file: OpenFile
        let block: Bytes
        let state: FileState
        do throws(SocketError) {
            file = try OpenFile.reading(path(key), calls: calls)
            block = try file.read(at: 0, limit: ObjectMetadata.blockSize)
            state = try file.state()
        } catch { throw StoreError(error) }
        guard let metadata = ObjectMetadata(block) else { throw .damaged }
        let object = StoredObject(
            key: key, metadata: metadata, file: file, state: state, now: now)
        guard !metadata.state.hasData || object.dataRange.upperBound == state.size else {
            throw .damaged
        }
        return object
    }

    func metadata(_ key: ObjectKey) throws(StoreError) -> ObjectMetadata {
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
            let present = try? metadata(key)
            if let generation, present?.generation != generation { return false }
            let size = files.size(of: path(key)) ?? 0
            do throws(SocketError) {
                guard try files.remove(path(key)) else { return false }
            } catch { throw StoreError(error) }
            forget(key, present?.generation)
            account(key, size, -1, uploader: present?.uploader ?? "")
            return true
        }
    }
}

/// An object that a reader holds open.
struct StoredObject: Sendable {
    let key: ObjectKey
    let metadata: ObjectMetadata
    let file: OpenFile
    let state: FileState
    /// Whether it has expired; then the file holds no data that may be given out.
    let isGone: Bool

    init(key: ObjectKey, metadata: ObjectMetadata, file: OpenFile, state: FileState, now: Int64) {
        (self.key, self.metadata, self.file, self.state) = (key, metadata, file, state)
        isGone = metadata.state == .tombstone || metadata.isExpired(at: now)
    }

    /// Where the data lies in the file.
    var dataRange: Range<Int> {
        ObjectMetadata.blockSize..<ObjectMetadata.blockSize + metadata.size
    }

    /// What preconditions compare with.
    var validator: Preconditions.Stored { metadata.validator(of: key) }
}

extension ObjectMetadata {
    /// What preconditions compare with.
    func validator(of key: ObjectKey) -> Preconditions.Stored {
        Preconditions.Stored(tag: entityTag(of: key), modified: Int(created / 1000))
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
