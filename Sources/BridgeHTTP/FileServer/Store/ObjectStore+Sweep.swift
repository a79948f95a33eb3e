internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

/// What one pass of the sweep did.
struct SweepReport: Sendable, Hashable {
    var examined = 0
    /// Expired objects whose data was given back to the disk.
    var buried = 0
    /// Tombstones that had stood long enough.
    var forgotten = 0
}

extension ObjectStore {
    /// Names of everything that is stored; the sweep takes them a batch at a time.
    func sweepList() -> [String] { (try? files.names(in: objectsFolder)) ?? [] }

    /// Removes what is left of uploads that could not be removed before.
    func sweepLeftovers() {
        let left = leftovers.withLock { left in
            defer { left = [] }
            return left
        }
        for partial in left { removePartial(partial) }
    }

    /// Buries what has expired and forgets old tombstones. A second sweep of the same names, or
    /// two at once, find nothing more to do.
    /// - Parameters:
    ///   - now: Milliseconds since 1970.
    ///   - tombstoneTime: How long after its expiry an object is remembered, in milliseconds.
    func sweep(_ names: ArraySlice<String>, now: Int64, tombstoneTime: Int64) -> SweepReport {
        var report = SweepReport()
        for name in names {
            guard let key = ObjectKey(stored: name), let object = try? open(key, now: now) else {
                continue
            }
            report.examined += 1
            guard object.isGone else { continue }
            let (end, overflow) = object.metadata.expires.addingReportingOverflow(tombstoneTime)
            if !overflow, end <= now {
                if (try? take(key)) == true { report.forgotten += 1 }
            } else if !object.metadata.isTombstone {
                if (try? bury(object)) == true { report.buried += 1 }
            }
        }
        return report
    }

    /// Puts a tombstone in the place of an expired object, unless its owner was faster.
    private func bury(_ object: StoredObject) throws(StoreError) -> Bool {
        var generator = SystemGenerator()
        let partial = "\(partialFolder)/\(UniqueID.hex128(using: &generator))"
        var metadata = object.metadata
        metadata.isTombstone = true
        let block = metadata.encoded()
        do throws(SocketError) {
            try OpenFile.creating(partial, calls: calls).write(block.span, at: 0)
            return try naming.withLock { _ throws(SocketError) in
                let present = try? open(object.key, now: .min).metadata
                guard present?.generation == metadata.generation, present?.isTombstone == false
                else {
                    removePartial(partial)
                    return false
                }
                let old = files.size(of: path(object.key)) ?? 0
                try files.rename(partial, to: path(object.key))
                account(objects: 0, bytes: block.count - old)
                return true
            }
        } catch {
            removePartial(partial)
            throw StoreError(error)
        }
    }
}

extension ObjectKey {
    /// The key of a name in the objects' folder.
    init?(stored name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 2 {
            self.init(upload: String(parts[0]), file: String(parts[1]))
        } else {
            self.init(native: name)
        }
    }
}
