import Foundation
import Synchronization

/// A TCP proxy on 127.0.0.1 that does to connections what bad networks do: see `Toxics`.
///
/// It passes bytes between whoever connects to `port` and the target, one thread for all
/// connections, which waits in poll(2) for readiness or for the next time that a flow names.
/// Every change is in force when its call returns. Memory is bounded: a side that does not read
/// makes the proxy stop reading from the other. The jitter comes from the run's seed.
package final class FaultProxy: Sendable {
    /// Which connections a change is for.
    package enum Scope: Sendable { case all, present, future }

    /// Where to connect to. It stays the same while the proxy is down.
    package let port: Int
    private let core: ProxyCore

    /// Starts a proxy to a port of a loopback address; nobody need listen there yet.
    package init(to port: Int, host: String = "127.0.0.1") throws {
        core = try ProxyCore(target: (host, port))
        self.port = core.port
        let thread = Thread { [core] in core.run() }
        thread.start()
    }

    deinit { core.stop() }

    /// `nats://127.0.0.1:port`
    package var url: String { "nats://127.0.0.1:\(port)" }

    /// Sets what happens to the bytes of one direction from now on.
    package func set(
        _ toxics: Toxics, _ direction: FlowDirection, scope: Scope = .all
    ) {
        core.update { state in
            if scope != .present { state.toxics[direction] = toxics }
            guard scope != .future else { return }
            for index in state.connections.indices {
                state.connections[index].set(toxics, direction)
            }
        }
    }

    /// The toxics that new connections get.
    package func toxics(_ direction: FlowDirection) -> Toxics {
        core.read { $0.toxics[direction] ?? Toxics() }
    }

    /// Takes all toxics away.
    package func clear() { for direction in FlowDirection.allCases { set(Toxics(), direction) } }

    /// Ends all present connections.
    package func end(_ ending: Toxics.Ending) {
        core.update { state in
            for index in state.connections.indices { state.connections[index].end(ending) }
        }
    }

    /// Whether connections are refused. Going down drops the present ones (RST).
    package var isDown: Bool { core.read { $0.listener == nil } }

    /// Refuses connections from now on, and drops the present ones.
    package func goDown() {
        end(.reset)
        core.update { state in
            guard let listener = state.listener.take() else { return }
            // Closing alone would leave it open for as long as the proxy's thread polls it.
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
    }

    /// Listens again, at the same port.
    package func comeUp() throws {
        guard isDown else { return }
        let listener = try ProxyCore.listen(port: port)
        core.update { $0.listener = listener }
    }

    /// Sends new connections to another port.
    package func retarget(to port: Int) { core.update { $0.target.port = port } }

    /// Bytes that have passed in one direction, over all connections so far.
    package func passed(_ direction: FlowDirection) -> Int {
        core.read { state in
            state.connections.reduce(state.passedBefore[direction] ?? 0) {
                $0 + $1.passed(direction)
            }
        }
    }

    /// Connections accepted so far.
    package var connectionCount: Int { core.read { $0.accepted } }

    /// Connections that stand now.
    package var openCount: Int { core.read { $0.connections.count } }
}
