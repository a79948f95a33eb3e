internal import BridgeBytes
internal import NATSCore
public import NATSJetStream
internal import NATSWire

extension ObjectBucket {
    /// Removes an object, also one that is put meanwhile. One that was removed before stays so.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be removed.
    /// - Throws: `JetStreamError` with `objectNotFound` when there never was one of that name,
    ///   `refused` when the store is sealed, `conditionFailed` when others change it again and
    ///   again, and what every call may throw. When its bytes cannot be removed, as by a user who
    ///   may not purge the stream, the detail says so: nobody finds the object any more, and they
    ///   take room until it is deleted once more, or `removeLeftovers(olderThan:)` is called.
    public func delete(_ name: String) async throws(JetStreamError) {
        let operation = "object delete"
        let removed = try await replaceWord(of: name, operation) { (word) throws(JetStreamError) in
            guard var info = word.info else { throw absent(name, operation) }
            info.remove()
            return info
        }
        guard let info = removed.info else { return }
        do throws(JetStreamError) { try await removeChunks(of: info.id) } catch {
            throw JetStreamError(
                error.code, operation: operation, stream: streamName, apiError: error.apiError,
                clientError: error.clientError,
                detail: "the object is removed, its bytes are not: \(error.detail)")
        }
    }

    /// Changes what is said of an object, its name included; its bytes stay where they are. An
    /// object that is put in its place meanwhile keeps its own bytes, and gets the notes and name.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be changed, and have
    /// both names after a change of the name.
    /// - Throws: `JetStreamError` with `objectNotFound`, `objectExists` when another one has the
    ///   new name, `refused` when the store is sealed, `conditionFailed` when others change it
    ///   again and again, and what every call may throw.
    @discardableResult
    public func update(
        _ name: String, notes: ObjectInfo.Notes, renamed newName: String? = nil
    ) async throws(JetStreamError) -> ObjectInfo {
        let operation = "object update"
        func changed(_ word: ObjectWord) throws(JetStreamError) -> ObjectInfo {
            var info = try existing(word, name, operation)
            info.notes = notes
            return info
        }
        if let newName, newName != name {
            return try await rename(name, to: newName, notes, operation)
        }
        return try changed(try await replaceWord(of: name, operation, changed))
    }

    /// Makes an object that stands for another one, of this store or of another.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`; it may be made.
    /// - Throws: `JetStreamError` with `invalidArgument` for what was removed or is a link itself,
    ///   `objectExists` when an object that is none has the name, `conditionFailed` when others
    ///   change it again and again, and what every call may throw.
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
        let operation = "object link"
        var generator = SystemGenerator()
        var info = ObjectInfo(name: name, bucket: self.name)
        (info.link, info.id) = (link, UniqueID.token(using: &generator))
        let said = info
        try await replaceWord(of: name, operation) { (word) throws(JetStreamError) in
            if let old = word.present, old.link == nil {
                throw error(.objectExists, operation, "the store has an object \(name)")
            }
            return said
        }
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
