internal import BridgeSockets
internal import Synchronization

/// Staying away from all servers for as long as the user wants.
extension ClientCore {
    /// Gives the connection up, and makes no other before `resume`.
    func suspend() {
        let isNew = status.withLock { status -> Bool in
            guard status.phase != .closed, !status.isSuspended else { return false }
            status.isSuspended = true
            return true
        }
        guard isNew else { return }
        tell(.suspended)
        forceReconnect()
    }

    /// Lets connections be made again.
    func resume() {
        let waiters = status.withLock { status in
            status.isSuspended = false
            defer { status.resumeWaiters = [] }
            return status.resumeWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Whether a connection that has just been made is not wanted any more.
    var isSuspended: Bool { status.withLock { $0.isSuspended } }

    /// Suspends the calling task while no connection is wanted.
    func whenResumed() async {
        await withCheckedContinuation { continuation in
            let goesOn = status.withLock { status -> Bool in
                guard status.isSuspended, status.phase != .closed else { return true }
                status.resumeWaiters.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }
}
