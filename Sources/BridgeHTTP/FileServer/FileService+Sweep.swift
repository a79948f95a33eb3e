internal import BridgeBytes
internal import BridgeSockets
internal import Synchronization

extension FileService {
    /// Files that one piece of blocking work looks at, so that others get their turn.
    private static let batch = 1000
    /// Shortest time between two sweeps for uploads that find no room.
    private static let pressureInterval = Duration.seconds(5)

    /// Looks at all files once.
    func sweep() async -> SweepReport {
        var total = SweepReport()
        let names = await BlockingPool.shared.run { [self] in
            store.sweepLeftovers()
            store.sweepDamaged(now: now)
            store.sweepParts(now: now)
            return store.sweepList()
        }
        for start in stride(from: 0, to: names.count, by: Self.batch) {
            let part = names[start..<min(start + Self.batch, names.count)]
            let (now, kept) = (self.now, options.tombstoneTime.milliseconds)
            let report = await BlockingPool.shared.run { [self] in
                let report = store.sweep(part, now: now, tombstoneTime: kept)
                for key in report.lost { buryLost(key) }
                return report
            }
            total.examined += report.examined
            total.buried += report.buried
            total.forgotten += report.forgotten
        }
        return total
    }

    /// Sweeps again and again, at times that differ between servers on one disk.
    func sweepForever() async {
        while !Task.isCancelled {
            let jitter = Double.random(in: 0.9...1.1)
            try? await Task.sleep(for: options.sweepInterval * jitter)
            guard !Task.isCancelled else { return }
            _ = await sweep()
        }
    }

    /// Does what needs room; where there is none, what has expired goes first, and it is tried
    /// once more. Blocks.
    func makeRoom<Result>(
        _ work: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        do throws(StoreError) { return try work() } catch {
            guard error.wantsRoom, mayPress() else { throw error }
            let names = store.sweepList()
            let report = store.sweep(
                names[...], now: now, tombstoneTime: options.tombstoneTime.milliseconds)
            guard report.buried + report.forgotten > 0 else { throw error }
            return try work()
        }
    }

    private func mayPress() -> Bool {
        let time = MonotonicClock.now
        return lastPressure.withLock { last in
            if let last, time - last < Self.pressureInterval { return false }
            last = time
            return true
        }
    }
}

extension StoreError {
    /// Whether it may go well when something else has gone.
    fileprivate var wantsRoom: Bool {
        switch self {
        case .full, .quota: true
        default: false
        }
    }
}
