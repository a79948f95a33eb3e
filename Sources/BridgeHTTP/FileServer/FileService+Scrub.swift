internal import BridgeBytes
internal import BridgeSockets

/// What one pass of the scrub did.
struct ScrubReport: Sendable, Hashable {
    var examined = 0
    var bytes = 0
    var damaged = 0
}

extension FileService {
    /// Reads an object through. What is damaged is counted, told and set aside; what cannot be
    /// read may be read another time. Blocks.
    /// - Returns: Whether it is as it was written.
    func examine(_ object: StoredObject) -> Bool {
        let condition = store.condition(of: object)
        guard condition != .right else { return true }
        if condition == .damaged, store.setAside(object, now: now) {
            tellDamage(object.key, "its data is not as it was written")
        } else if condition == .unreadable {
            counts.count(\.unreadableReads)
        }
        return false
    }

    /// A file whose metadata cannot be read was met.
    func foundUnreadable(_ key: ObjectKey) {
        blocking.submit { [self] in
            if store.setAsideUnreadable(key, now: now) {
                tellDamage(key, "its metadata are not as they were written")
            } else {
                buryLost(key)
            }
        }
    }

    func tellDamage(_ key: ObjectKey, _ sentence: String) {
        counts.count(\.filesDamaged)
        tell(key, "a stored file is damaged: \(sentence)")
    }

    /// Tells of a file that is not as it should be.
    func tell(_ key: ObjectKey, _ message: String) {
        options.log?.record(
            LogEvent(
                timestamp: options.now(), level: .warning, stage: "store",
                message: message,
                fields: [LogEvent.Field("file", AccessLog.shortened(key.text))]))
    }

    /// Reads all files through once.
    func scrub() async -> ScrubReport {
        var total = ScrubReport()
        let names = await BlockingPool.shared.run { [store] in store.sweepList() }
        for name in names where !Task.isCancelled {
            guard let key = ObjectKey(stored: name) else { continue }
            let found = await BlockingPool.shared.run { [self] in scrub(key) }
            total.examined += found.examined
            total.bytes += found.bytes
            total.damaged += found.damaged
            // Others use the disk as well.
            if !Task.isCancelled, found.bytes > 0 {
                try? await Task.sleep(for: Self.pause(after: found.bytes, options.scrubRate))
            }
        }
        return total
    }

    private static func pause(after bytes: Int, _ rate: Int) -> Duration {
        .seconds(Double(bytes) / Double(max(1, rate)))
    }

    private func scrub(_ key: ObjectKey) -> ScrubReport {
        var report = ScrubReport()
        do throws(StoreError) {
            let object = try store.open(key, now: now)
            guard !object.isGone, object.metadata.state == .whole else { return report }
            report.examined = 1
            report.bytes = object.metadata.size
            if !examine(object) { report.damaged = 1 }
        } catch {
            guard error == .damaged else { return report }
            report.examined = 1
            report.damaged = 1
            if store.setAsideUnreadable(key, now: now) {
                tellDamage(key, "its metadata are not as they were written")
            }
        }
        counts.add(scrubbed: report)
        return report
    }

    /// Scrubs again and again.
    func scrubForever() async {
        while !Task.isCancelled {
            let jitter = Double.random(in: 0.9...1.1)
            try? await Task.sleep(for: options.scrubInterval * jitter)
            guard !Task.isCancelled else { return }
            _ = await scrub()
        }
    }
}
