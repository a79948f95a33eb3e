import CLinux
import Foundation
import Synchronization

/// The thread of a proxy, and what it shares with the callers under one lock.
///
/// The lock is held for calls that do not block and never while the thread waits, so that a
/// change by a caller is in force at once; an eventfd then ends the thread's wait.
final class ProxyCore: Sendable {
    struct State {
        var target: (host: String, port: Int)
        var toxics: [FlowDirection: Toxics] = [:]
        /// Nil while the proxy is down.
        var listener: Int32?
        var connections: [ProxyConnection] = []
        /// Bytes that passed over connections that are gone.
        var passedBefore: [FlowDirection: Int] = [:]
        var accepted = 0
        var isStopped = false
        var generator = SeededGenerator("FaultProxy")
    }

    /// Small, so that a side which does not read is felt soon.
    private static let socketBuffer: Int32 = 64 << 10

    let port: Int
    /// Bound and never listening: keeps the port ours while the proxy is down.
    private let holder: Int32
    private let wakeUp: Int32
    private let state: Mutex<State>

    init(target: (host: String, port: Int)) throws {
        holder = try LoopbackSocket.make()
        LoopbackSocket.set(holder, SOL_SOCKET, SO_REUSEADDR, 1)
        port = try LoopbackSocket.bind(holder)
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw FixtureError("eventfd: errno \(errno)") }
        state = Mutex(State(target: target, listener: try Self.listen(port: port)))
    }

    static func listen(port: Int) throws -> Int32 {
        let listener = try LoopbackSocket.make(nonblocking: true)
        LoopbackSocket.set(listener, SOL_SOCKET, SO_REUSEADDR, 1)
        LoopbackSocket.set(listener, SOL_SOCKET, SO_RCVBUF, socketBuffer)
        LoopbackSocket.set(listener, SOL_SOCKET, SO_SNDBUF, socketBuffer)
        _ = try LoopbackSocket.bind(listener, port: port)
        guard Foundation.listen(listener, 128) == 0 else {
            throw FixtureError("listen: errno \(errno)")
        }
        return listener
    }

    func read<Result>(_ body: (State) -> Result) -> Result { state.withLock { body($0) } }

    /// Changes what is shared, and has the thread look at it.
    func update(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            // Under the lock, as the thread closes the descriptor when it is told to stop.
            eventfd_write(wakeUp, 1)
        }
    }

    func stop() { update { $0.isStopped = true } }

    /// The thread's body.
    func run() {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let turn = state.withLock { state -> (entries: [pollfd], wait: Int32)? in
                guard !state.isStopped else { return nil }
                return Self.turn(&state, &chunk)
            }
            guard let turn else { return end() }
            var entries =
                turn.entries + [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
            // Sound: the array is as long as the length that is passed.
            unsafe _ = poll(&entries, nfds_t(entries.count), turn.wait)
            if entries[entries.count - 1].revents != 0 {
                var count: eventfd_t = 0
                unsafe _ = eventfd_read(wakeUp, &count)
            }
        }
    }

    /// Does all that can be done now. Returns what to wait for, and how many milliseconds.
    private static func turn(
        _ state: inout State, _ chunk: inout [UInt8]
    ) -> (entries: [pollfd], wait: Int32) {
        accept(&state)
        let now = ProxyClock.now
        var next: Duration?
        for index in state.connections.indices {
            let time = state.connections[index].pump(now: now, chunk: &chunk) {
                Double.random(in: 0..<1, using: &state.generator)
            }
            if let time { next = min(next ?? time, time) }
        }
        for connection in state.connections where connection.isClosed {
            for direction in FlowDirection.allCases {
                state.passedBefore[direction, default: 0] += connection.passed(direction)
            }
        }
        state.connections.removeAll(where: \.isClosed)
        var entries = state.connections.flatMap { $0.interest() }
        if let listener = state.listener {
            entries.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
        }
        guard let next else { return (entries, -1) }
        return (entries, ProxyClock.milliseconds(from: now, to: next))
    }

    private static func accept(_ state: inout State) {
        guard let listener = state.listener else { return }
        while true {
            let client = accept4(
                listener, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            guard client >= 0 else { return }
            state.accepted += 1
            LoopbackSocket.set(client, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            guard let server = connect(to: state.target) else {
                LoopbackSocket.resetOnClose(client)
                close(client)
                continue
            }
            state.connections.append(
                ProxyConnection(client: client, server: server, toxics: state.toxics))
        }
    }

    private static func connect(to target: (host: String, port: Int)) -> Int32? {
        guard let server = try? LoopbackSocket.make(nonblocking: true) else { return nil }
        LoopbackSocket.set(server, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        LoopbackSocket.set(server, SOL_SOCKET, SO_RCVBUF, socketBuffer)
        LoopbackSocket.set(server, SOL_SOCKET, SO_SNDBUF, socketBuffer)
        let status = LoopbackSocket.connect(server, host: target.host, port: target.port)
        guard status == 0 || status == EINPROGRESS else {
            close(server)
            return nil
        }
        return server
    }

    private func end() {
        state.withLock { state in
            for index in state.connections.indices { state.connections[index].closeBoth() }
            state.connections = []
            if let listener = state.listener.take() { close(listener) }
        }
        close(holder)
        close(wakeUp)
    }
}

/// Time since an arbitrary start that never goes back.
enum ProxyClock {
    static var now: Duration {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Whole milliseconds to a time, rounded up so that waking is never too early.
    static func milliseconds(from now: Duration, to time: Duration) -> Int32 {
        let (seconds, attoseconds) = max(.zero, time - now).components
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return Int32(
            clamping: seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond)
    }
}
