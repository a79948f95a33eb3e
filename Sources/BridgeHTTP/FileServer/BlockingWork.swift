internal import BridgeSockets

/// Work of one server on the pool of blocking threads, counted so that its end can be awaited.
struct BlockingWork: Sendable {
    private let census = Census()

    func submit(_ work: @escaping @Sendable () -> Void) {
        census.enter()
        BlockingPool.shared.submit { [census] in
            work()
            census.leave()
        }
    }

    /// Suspends until nothing is under way.
    func whenIdle() async { await census.whenEmpty() }
}
