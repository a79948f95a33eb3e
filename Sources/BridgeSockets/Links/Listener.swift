internal import BridgeBytes
internal import CLinux
internal import Glibc
internal import Synchronization

/// A listening TCP socket in a reactor: every accepted connection gets a handler of its own.
package struct Listener: Sendable {
    /// The address that was bound, with the port that the system chose where 0 was asked for.
    package let address: Address
    private let reactor: Reactor
    private let control: ListenerControl

    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 1024

    /// Binds, listens and begins to accept.
    /// - Parameters:
    ///   - port: 0 for a free port.
    ///   - makeHandler: Called on the reactor's thread for each accepted connection.
    package static func start(
        on reactor: Reactor, host: String, port: Int,
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler
    ) throws(SocketError) -> Listener {
        let subject = "\(host):\(port)"
        guard let address = Address(numericHost: host, port: port) else {
            throw SocketError("bind", errno: 0, subject: subject, detail: "not an IP address")
        }
        let descriptor = Descriptor(
            owning: socket(
                address.family,
                SystemCalls.streamSocket, 0))
        guard descriptor.number >= 0 else {
            throw SocketError("socket", errno: Errno.current, subject: subject)
        }
        SystemCalls.setOption(descriptor.number, SOL_SOCKET, SO_REUSEADDR, 1)
        let number = descriptor.number
        guard unsafe address.withSockaddr({ unsafe Glibc.bind(number, $0, $1) }) == 0 else {
            throw SocketError("bind", errno: Errno.current, subject: subject)
        }
        guard Glibc.listen(number, backlog) == 0 else {
            throw SocketError("listen", errno: Errno.current, subject: subject)
        }
        guard let bound = Address.local(of: descriptor) else {
            throw SocketError("getsockname", errno: Errno.current, subject: subject)
        }
        return accepting(descriptor, at: bound, on: reactor, makeHandler: makeHandler)
    }

    /// Begins to accept at a socket that listens already, and that ends with the listener.
    package static func start(
        on reactor: Reactor, inherited number: Int32,
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler
    ) throws(SocketError) -> Listener {
        let descriptor = Descriptor(owning: number)
        guard let bound = InheritedSocket.address(of: number) else {
            throw SocketError(
                "accept", errno: 0, subject: "descriptor \(number)",
                detail: InheritedSocket.complaint)
        }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        let failure = SystemCalls.setNonblocking(number)
        guard failure == 0 else {
            throw SocketError("fcntl", errno: failure, subject: "descriptor \(number)")
        }
        return accepting(descriptor, at: bound, on: reactor, makeHandler: makeHandler)
    }

    private static func accepting(
        _ descriptor: consuming Descriptor, at address: Address, on reactor: Reactor,
        makeHandler: @escaping @Sendable (Link) -> any LinkHandler
    ) -> Listener {
        let control = ListenerControl()
        reactor.adopt(descriptor) { link in
            control.handle.withLock { $0 = link.handle }
            link.outlastsShortage = true
            return ListenerHandler(makeHandler: makeHandler)
        }
        return Listener(address: address, reactor: reactor, control: control)
    }

    /// Stops accepting. Connections that were accepted go on.
    package func stop() {
        // The command queue keeps its order: the listener was adopted before this runs.
        reactor.inbox.post(
            .run { [control] loop in
                if let handle = control.handle.withLock({ $0 }) { loop.close(handle.id) }
            } orElse: {
            })
    }
}

/// Where a listener's handle is found once its handler has been built.
private final class ListenerControl: Sendable {
    let handle = Mutex<LinkHandle?>(nil)
}

/// Accepts connections, a bounded number at each call so that others get their turn.
private final class ListenerHandler: LinkHandler {
    private static let acceptsPerTurn = 64
    private let makeHandler: @Sendable (Link) -> any LinkHandler

    init(makeHandler: @escaping @Sendable (Link) -> any LinkHandler) {
        self.makeHandler = makeHandler
    }

    func readable(_ link: Link) {
        for _ in 0..<Self.acceptsPerTurn {
            let number = link.calls.retried(.accept) { _ in
                accept4(
                    link.descriptorNumber, nil, nil,
                    Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
            guard number >= 0 else {
                let reason = Errno.current
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(reason) {
                    link.wantsRead = false
                    link.deadline = MonotonicClock.now + ReactorLoop.shortagePause
                }
                return
            }
            SystemCalls.setNoDelay(number)
            link.adoptSibling(Descriptor(owning: number), makeHandler: makeHandler)
        }
    }

    func deadlineReached(_ link: Link, now: Duration) {
        link.wantsRead = true
        link.register()
    }

    func closed(_ link: Link, error: SocketError?) {}
}
