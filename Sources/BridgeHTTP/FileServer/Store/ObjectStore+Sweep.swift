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
    /// Those that may be lost: what they are made of is neither on the disk nor in memory.
    var lost: [ObjectKey] = []
}

extension ObjectStore {
    /// Names of everything that is stored; the sweep takes them a batch at a time. None when the
    /// folder is not ours any more.
    func sweepList() -> [String] { isLocked ? (try? files.names(in: objectsFolder)) ?? [] : [] }

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
            if object.metadata.state == .owed, !object.isGone, inMemory(object) == nil {
                report.lost.append(key)
            }
            guard object.isGone else { continue }
            let (end, overflow) = object.metadata.expires.addingReportingOverflow(tombstoneTime)
            if !overflow, end <= now {
                if (try? take(key)) == true { report.forgotten += 1 }
            } else if object.metadata.state != .tombstone {
                if (try? bury(object)) == true { report.buried += 1 }
            }
        }
        return report
    }

    /// Puts a tombstone in the place of an expired object, unless its owner was faster.
    private func bury(_ object: StoredObject) throws(StoreError) -> Bool {
        var metadata = object.metadata
        metadata.state = .tombstone
        return try leave(metadata, inPlaceOf: object)
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
