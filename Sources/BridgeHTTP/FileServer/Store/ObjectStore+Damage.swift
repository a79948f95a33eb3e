internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// What a look at the data of an object came to.
enum ObjectCondition: Sendable, Hashable { case right, damaged, unreadable }

extension ObjectStore {
    /// How long what is damaged is kept for whoever wants to look at it: seven days.
    static let damagedTime: Int64 = 7 * 86_400_000

    /// Reads an object through and compares it with the digest that was taken when it came.
    func condition(of object: StoredObject) -> ObjectCondition {
        guard let found = digest(of: object, .xxh64) else { return .unreadable }
        guard found == object.metadata.checksum else { return .damaged }
        verified.add(object.key, generation: object.metadata.generation, object.state)
        return .right
    }

    /// The digest of the data, in hexadecimal digits; nil when it cannot be read.
    private func digest(of object: StoredObject, _ algorithm: ChecksumAlgorithm) -> String? {
        var digest = RunningChecksum(algorithm)
        let range = object.dataRange
        let count = try? object.file.read(range) {
            digest.update($0)
            return true
        }
        // A file that ends early is damaged, and not what could not be read.
        return count == nil ? nil : digest.finalize().digits
    }

    /// Puts a damaged object where nobody gets it, and a note in its place: whoever asks for it is
    /// told that it is damaged until it would have expired. Its sender may replace it.
    /// - Parameter now: Milliseconds since 1970.
    /// - Returns: Whether this call did it, and not another one.
    func setAside(_ object: StoredObject, now: Int64) -> Bool {
        var note = object.metadata
        note.state = .damaged
        let generation = object.metadata.generation
        let aside = "\(damagedFolder)/\(object.key.text).\(generation).\(now)"
        guard (try? files.link(path(object.key), as: aside)) != nil else { return false }
        guard (try? leave(note, inPlaceOf: object)) == true else {
            _ = try? files.remove(aside)
            return false
        }
        verified.remove(object.key)
        account(remains: object.state.size)
        return true
    }

    /// Does the same with a file whose metadata are damaged. The name is free then: nobody knows
    /// to whom it belonged.
    func setAsideUnreadable(_ key: ObjectKey, now: Int64) -> Bool {
        let aside = "\(damagedFolder)/\(key.text).unreadable.\(now)"
        return naming.withLock { _ in
            // Its owner may have replaced it meanwhile.
            guard (try? open(key, now: .min)) == nil, let size = files.size(of: path(key)),
                (try? files.rename(path(key), to: aside)) != nil
            else { return false }
            hot.remove(key)
            account(key, size, -1, uploader: "")
            account(remains: size)
            return true
        }
    }

    /// Removes what was set aside long enough ago.
    func sweepDamaged(now: Int64) {
        guard let names = try? files.names(in: damagedFolder) else { return }
        for name in names {
            guard let last = name.split(separator: ".").last, let time = Int64(last),
                time <= now - Self.damagedTime
            else { continue }
            let path = "\(damagedFolder)/\(name)"
            let size = files.size(of: path) ?? 0
            if (try? files.remove(path)) == true { account(remains: -size) }
        }
    }
}
