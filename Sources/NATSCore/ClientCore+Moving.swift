internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// How a client moves from a server that will stop to another one, without losing anything.
///
/// ## Theory of operation
/// The old connection goes on while a new one is made. The new one subscribes to everything and
/// waits for a PONG; a settling time later the other servers of the cluster know of it, too, so
/// that no message can miss both. Then the old one ends its
/// subscriptions, writes what it has taken from the outbox, and asks for a last PONG; meanwhile
/// what is published waits in the outbox. That PONG comes after every message that the old server
/// had for us, and proves that it has all of ours. Only then the old connection is closed and the
/// outbox feeds the new one, so that the order of publishing is kept.
///
///     old   connected ─────────────────── UNSUB… PING ──▶ PONG, closed
///     new      INFO CONNECT PING PONG, SUB… PING ──▶ PONG, settle ──▶ outbox attached
///
/// Between the SUB on the new connection and the UNSUB on the old one, a message may come over
/// both, and one that comes over the new one may overtake those before it, which the old one has
/// yet to bring; members of a queue group are not concerned. If either connection is lost on the
/// way, the other goes on as usual.
extension ClientCore {
    /// The server in use will stop soon.
    func beginLeaving(_ link: LinkHandle) {
        status.withLock { status in
            if status.link?.id == link.id { status.leaving = link }
        }
    }

    /// Whether a connection is in use that shall be left.
    var isLeaving: Bool { status.withLock { $0.leaving != nil } }

    /// Whether it is this connection that shall be left.
    func isLeaving(_ link: LinkHandle) -> Bool { status.withLock { $0.leaving?.id == link.id } }

    /// A new connection is subscribed. Returns false when there is no old one any more, so that
    /// the new one takes over at once.
    func joined(_ link: LinkHandle) -> Bool {
        status.withLock { status in
            guard status.leaving != nil else { return false }
            status.joined = link
            return true
        }
    }

    /// The servers know what the new connection is subscribed to: has the old one finish.
    func settled() {
        status.withLock { $0.leaving }?.perform { handler, link in
            (handler as? ClientDriver)?.leave(link)
        }
    }

    /// A new connection is lost before it took over.
    func unjoined(_ link: LinkHandle) {
        status.withLock { status in
            if status.joined?.id == link.id { status.joined = nil }
            if status.attempt?.id == link.id { status.attempt = nil }
        }
    }

    /// Nothing is sent over the old connection any more; flushes wait for the new one.
    func suspendLink() { status.withLock { $0.link = nil } }

    /// The old connection is done, or lost. Returns whether a new one takes over.
    func completeMove() -> Bool {
        let next = status.withLock { status -> LinkHandle? in
            status.leaving = nil
            return status.joined
        }
        next?.perform { handler, link in (handler as? ClientDriver)?.takeOver(link) }
        return next != nil
    }

    /// Suspends until the connection in use is lost or the client closed.
    func whenDisconnected() async {
        await withCheckedContinuation { continuation in
            let isGone = status.withLock { status -> Bool in
                guard status.phase == .connected else { return true }
                status.goneWaiters.append(continuation)
                return false
            }
            if isGone { continuation.resume() }
        }
    }

    /// Drops the connection in use, if there is one; the client makes another.
    func forceReconnect() {
        status.withLock { $0.link }?.perform { handler, link in
            (handler as? ClientDriver)?.closeOnRequest(link)
        }
    }

    /// Servers that the user named since the last look.
    func takeNewServers() -> [ServerURL]? { status.withLock { $0.newServers.take() } }

    func replaceServers(_ servers: [ServerURL]) { status.withLock { $0.newServers = servers } }
}
