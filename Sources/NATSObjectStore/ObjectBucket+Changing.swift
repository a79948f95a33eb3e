internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ObjectBucket {
    /// Removes an object. One that was removed before stays so.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be removed.
    /// - Throws: `JetStreamError` with `objectNotFound` when there never was one of that name,
    ///   `refused` when the store is sealed, and what every call may throw.
    public func delete(_ name: String) async throws(JetStreamError) {
        guard var info = try await anyInfo(name, "object delete") else {
            throw error(.objectNotFound, "object delete", "the store has no object \(name)")
        }
        let id = info.id
        (info.isDeleted, info.size, info.chunks, info.digest) = (true, 0, 0, nil)
        (info.link, info.notes) = (nil, ObjectInfo.Notes())
        try await say(info, "object delete")
        await removeChunks(of: id)
    }

    /// Changes what is said of an object, its name included; its bytes stay where they are.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be changed, and have
    /// both names after a change of the name.
    /// - Throws: `JetStreamError` with `objectNotFound`, `objectExists` when another one has the
    ///   new name, `refused` when the store is sealed, and what every call may throw.
    @discardableResult
    public func update(
        _ name: String, notes: ObjectInfo.Notes, renamed newName: String? = nil
    ) async throws(JetStreamError) -> ObjectInfo {
        var info = try await existing(name, "object update")
        info.notes = notes
        if let newName, newName != name {
            if let other = try await anyInfo(newName, "object update"), !other.isDeleted {
                throw error(
                    .objectExists, "object update", "the store has an object \(newName)")
            }
            info.name = newName
        }
        try await say(info, "object update")
        if info.name != name {
            try await jetStream.purgeStream(
                streamName, subject: SubjectPattern(names.info(of: name)))
        }
        return info
    }

    /// Makes an object that stands for another one, of this store or of another.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be made.
    /// - Throws: `JetStreamError` with `invalidArgument` for what was removed or is a link itself,
    ///   `objectExists` when an object that is none has the name, and what every call may throw.
    @discardableResult
    public func link(
        _ name: String, to target: ObjectInfo
    ) async throws(JetStreamError) -> ObjectInfo {
        guard target.link == nil, !target.isDeleted else {
            throw error(
                .invalidArgument, "object link", "a link leads to an object that has bytes")
        }
        return try await link(
            name, ObjectInfo.Link(bucket: target.bucket, name: target.name))
    }

    /// Makes an object that stands for a whole store.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be made.
    /// - Throws: As `link(_:to:)`.
    @discardableResult
    public func link(
        _ name: String, to store: ObjectBucket
    ) async throws(JetStreamError) -> ObjectInfo {
        try await link(name, ObjectInfo.Link(bucket: store.name, name: nil))
    }

    private func link(
        _ name: String, _ link: ObjectInfo.Link
    ) async throws(JetStreamError) -> ObjectInfo {
        if let old = try await anyInfo(name, "object link"), !old.isDeleted, old.link == nil {
            throw error(.objectExists, "object link", "the store has an object \(name)")
        }
        var generator = SystemGenerator()
        var info = ObjectInfo(name: name, bucket: self.name)
        (info.link, info.id) = (link, UniqueID.token(using: &generator))
        try await say(info, "object link")
        return info
    }

    /// Closes the store for ever: nothing can be put or removed, and everything be read.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be closed.
    /// - Throws: What every call may throw.
    public func seal() async throws(JetStreamError) {
        var stream = try await streamInfo().configuration
        stream.isSealed = true
        try await jetStream.updateStream(stream)
    }
}
