internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

extension ObjectStore {
    /// Data that is written to the disk at a time, in bytes: 8 MiB.
    static let pieceSize = 8 << 20

    /// The data of an object, where it is in memory.
    func inMemory(_ object: StoredObject) -> Bytes? {
        memory?.body(object.key, object.metadata.generation)
    }

    /// The object with its file open, as `open`, and its data where that is in memory: both of one
    /// look, so that what is deleted or replaced behind it is still answered as it was.
    /// - Throws: Also `StoreError.damaged` where its data never reached the disk.
    func openWhole(
        _ key: ObjectKey, now: Int64
    ) throws(StoreError) -> (object: StoredObject, memory: Bytes?) {
        var lacking: String?
        while true {
            let object = try open(key, now: now)
            let memory = inMemory(object)
            guard object.metadata.state == .owed, !object.isGone, memory == nil else {
                return (object, memory)
            }
            // Since it was opened it may have gone, or reached the disk and left the memory: then
            // a second look shows something else.
            guard lacking != object.metadata.generation else { throw .damaged }
            lacking = object.metadata.generation
        }
    }

    /// The object, where its data is in no memory and was never written.
    func lost(_ key: ObjectKey, now: Int64) -> StoredObject? {
        guard let object = try? open(key, now: now), object.metadata.state == .owed,
            !object.isGone, inMemory(object) == nil,
            // As it may have reached the disk, and left the memory, since it was opened.
            let again = try? open(key, now: now), again.metadata == object.metadata,
            inMemory(again) == nil
        else { return nil }
        return again
    }

    /// Leaves a note alone in the place of what is lost: there is nothing to look at, and its room
    /// is free again. Its sender may replace it.
    /// - Returns: Whether this call did it, and not another one.
    func noteLoss(of object: StoredObject) -> Bool {
        var note = object.metadata
        note.state = .damaged
        return (try? leave(note, inPlaceOf: object)) == true
    }

    /// Writes to the disk what is owed of an object. Blocks.
    func pay(_ key: ObjectKey, _ generation: String) throws(StoreError) {
        guard let body = memory?.debt(key, generation) else { return }
        do throws(SocketError) {
            let file = try OpenFile.updating(path(key), calls: calls)
            let block = try file.read(at: 0, limit: ObjectMetadata.blockSize)
            guard var metadata = ObjectMetadata(block), metadata.generation == generation,
                metadata.state == .owed
            else { return }
            var done = 0
            while done < body.count {
                // What is deleted meanwhile is not written.
                guard memory?.debt(key, generation) != nil else { return }
                let end = min(body.count, done + Self.pieceSize)
                try file.write(body[done..<end].span, at: ObjectMetadata.blockSize + done)
                done = end
            }
            metadata.state = .whole
            try file.write(metadata.encoded().span, at: 0)
            let state = try file.state()
            verified.add(key, generation: generation, state)
        } catch {
            // It was deleted at this moment.
            guard error.errno != Errno.notFound else { return }
            throw StoreError(error)
        }
        memory?.paid(key, generation)
    }

    /// Writes all that is owed. Blocks.
    /// - Returns: What could not be written.
    func payAll() -> [(key: ObjectKey, error: StoreError)] {
        var failures: [(key: ObjectKey, error: StoreError)] = []
        for (key, generation) in memory?.debtors ?? [] {
            do throws(StoreError) { try pay(key, generation) } catch {
                failures.append((key, error))
            }
        }
        return failures
    }

    /// A name means something else from now on than an object of this generation.
    func forget(_ key: ObjectKey, _ generation: String?) {
        hot.remove(key)
        if let generation { memory?.remove(key, generation) }
    }
}
