internal import BridgeBytes
internal import NATSWire
internal import Testing

@Suite struct ClientMachineTests {
    /// A client that has been told that its server stops, with a connection 2 to another one that
    /// is about to take over.
    private static func moving(until words: String) -> ClientLife {
        var life = ClientLife.connected(to: ["a", "b"])
        _ = life.info(1, lameDuck: true)
        _ = life.prepared(1)
        if words == "open" { return life }
        _ = life.greet(2) + life.pong(2)
        if words == "joining" { return life }
        _ = life.pong(2)
        if words == "settling" { return life }
        _ = life.at(ClientMachine.settlingTime)
        return life
    }

    @Test func `a client finds a server and is fed once the handshake is done`() {
        var life = ClientLife(["a"])
        #expect(life.start() == ["connecting a after 0.0 seconds", "prepare a"])
        #expect(life.start() == [])
        #expect(life.prepared(1) == ["open 1 way 0"])
        #expect(life.ping(1) == ["pong 1"])
        #expect(life.greet(1) == ["authenticate 1", "connect 1"])
        #expect(life.pong(1) == ["update", "feed 1", "connected a"])
        #expect(life.ping(1) == ["pong"])
        #expect(life.pong(1) == ["pass pong 1"])
        #expect(life.at(.seconds(60)) == ["ping"])
        #expect(life.machine.connectionInUse == .init(1))
    }

    @Test func `a lost connection is settled, told, and replaced after a wait`() {
        var life = ClientLife.connected(to: ["a"])
        #expect(
            life.ended(1) == [
                "settle 1", "lost a: peerClosed", "connecting a after 0.25 seconds",
            ])
        #expect(life.machine.connectionInUse == nil)
        #expect(life.machine.deadline == .milliseconds(250))
        #expect(life.at(.milliseconds(249)) == [])
        #expect(life.at(.milliseconds(250)) == ["prepare a"])
        #expect(life.connect(2).suffix(3) == ["update", "feed 2", "connected a"])
        // What comes late from the old one means nothing.
        #expect(life.ended(1) == [] && life.pong(1) == [] && life.ping(1) == [])
    }

    @Test func `the ways to a server are tried in order, then the next server`() {
        var life = ClientLife(["a", "b"])
        _ = life.start()
        #expect(life.prepared(2) == ["open 1 way 0"])
        #expect(
            life.ended(1, .transportFailed("refused")) == ["failed a: refused", "open 2 way 1"])
        #expect(
            life.ended(2, .transportFailed("refused")) == [
                "failed a: refused", "connecting b after 0.0 seconds", "prepare b",
            ])
        #expect(
            life.unreachable("no such name") == [
                "failed b: no such name", "gave up: no_server_reachable", "finish",
            ])
        #expect(life.machine.isFinished)
    }

    @Test func `a server that answers TLS in the clear is called once more, behind INFO`() {
        let inClear = ConnectionMachine.CloseReason.coverFailed(.init(NoTLS()))
        var life = ClientLife(["a"]) { $0.connection.security = .first }
        _ = life.start()
        for id in [1, 3] {
            #expect(life.prepared(2) == ["open \(id) way 0"])
            #expect(life.opened(id) == ["secure \(id)"])
            #expect(life.ended(id, inClear) == ["failed a: \(inClear)", "prepare a"])
            #expect(life.prepared(2) == ["open \(id + 1) way 0"])
            #expect(life.opened(id + 1) == [])
            #expect(life.info(id + 1, tls: true) == ["secure \(id + 1)"])
            if id == 1 {
                _ = life.secured(id + 1) + life.authenticated(id + 1)
                _ = life.pong(id + 1) + life.pong(id + 1)
                #expect(life.machine.connectionInUse == .init(2))
                _ = life.ended(2) + life.at(.seconds(1))
            }
        }
        // It was asked twice in this attempt, and is not asked a third time.
        #expect(life.ended(4, inClear).last == "open 5 way 1")
    }

    @Test func `what an upgraded connection begins with leaves at once`() {
        var life = ClientLife(["a"])
        _ = life.start() + life.prepared(1) + life.opened(1)
        #expect(life.info(1, tls: true) == ["secure 1"])
        #expect(life.secured(1) == ["authenticate 1"])
        // The server says INFO and PONG anew inside TLS: each PING is answered behind its own.
        #expect(life.authenticated(1) == ["connect 1, 2 pings"])
        #expect(life.pong(1) == [])
        #expect(life.pong(1).contains("feed 1"))
    }

    @Test func `a server without any way to it has failed`() {
        var life = ClientLife(["a"])
        _ = life.start()
        let words = ["failed a: there is no way to it", "gave up: no_server_reachable", "finish"]
        #expect(life.prepared(0) == words)
    }

    @Test func `an attempt that takes too long gives way to the next`() {
        var life = ClientLife(["a"])
        _ = life.start() + life.prepared(2)
        #expect(life.at(.seconds(5)) == ["close 1"])
        #expect(life.ended(1) == ["failed a: handshakeTimeout", "open 2 way 1"])
    }

    @Test func `credentials that are refused end the first search`() {
        var life = ClientLife(["a"])
        _ = life.start() + life.prepared(1) + life.greet(1)
        #expect(life.error(1, "'Authorization Violation'") == ["close 1"])
        #expect(
            life.ended(1) == ["failed a: Authorization Violation", "gave up: refused", "finish"])
    }

    @Test func `a complaint is passed on, a grave one and nonsense end the connection`() {
        var life = ClientLife.connected(to: ["a"])
        #expect(
            life.error(1, "'Invalid Subject'") == ["report 1: Invalid Subject"])
        #expect(life.error(1, "'Stale Connection'") == ["close 1"])
        #expect(life.ended(1).prefix(2) == ["settle 1", "lost a: Stale Connection"])
        var other = ClientLife.connected(to: ["a"])
        #expect(other.malformed(1) == ["close 1"])
        #expect(other.malformed(1) == [])
        #expect(other.ended(1).prefix(2) == ["settle 1", "lost a: malformed"])
    }

    @Test func `without reconnection a loss is the end`() {
        var life = ClientLife.connected(to: ["a"]) { $0.pool.reconnects = false }
        #expect(
            life.ended(1) == [
                "settle 1", "lost a: peerClosed", "gave up: reconnect_disabled", "finish",
            ])
    }

    @Test func `a suspended client has no connection until it is resumed`() {
        var life = ClientLife.connected(to: ["a"])
        #expect(life.resume() == [])
        #expect(life.suspend() == ["suspended", "close 1"])
        #expect(life.suspend() == [])
        #expect(life.ended(1) == ["settle 1", "lost a: requested"])
        #expect(life.machine.deadline == nil && life.reconnect() == [])
        #expect(life.resume() == ["connecting a after 0.0 seconds", "prepare a"])
        // An attempt is no failure then.
        _ = life.prepared(2)
        #expect(life.suspend() == ["suspended", "close 2"])
        #expect(life.info(2) == [] && life.ended(2) == [])
        #expect(life.resume() == ["connecting a after 0.0 seconds", "prepare a"])
    }

    @Test func `one that is resumed at once waits for the end of its old connection`() {
        var life = ClientLife.connected(to: ["a"])
        _ = life.suspend()
        #expect(life.resume() == [])
        #expect(
            life.ended(1) == [
                "settle 1", "lost a: requested", "connecting a after 0.0 seconds", "prepare a",
            ])
    }

    @Test func `whoever wants another connection gets it now`() {
        var life = ClientLife.connected(to: ["a"])
        #expect(life.reconnect() == ["close 1"])
        #expect(life.reconnect() == [])
        #expect(
            life.ended(1) == [
                "settle 1", "lost a: requested", "connecting a after 0.0 seconds", "prepare a",
            ])
        // One is being made already.
        #expect(life.reconnect() == [])
        _ = life.connect(2) + life.ended(2)
        #expect(life.machine.deadline == .milliseconds(250))
        #expect(life.reconnect() == ["prepare a"])
    }

    @Test func `servers come and go with the words of the one in use`() {
        var life = ClientLife.connected(to: ["a"])
        #expect(life.info(1, urls: ["c:4222"]) == ["update", "servers +[\"c\"] -[]"])
        #expect(life.info(1, urls: ["d:4222"]) == ["update", "servers +[\"d\"] -[\"c\"]"])
    }

    @Test func `a client moves from a server that stops, and loses nothing`() {
        var life = ClientLife.connected(to: ["a", "b"])
        #expect(
            life.info(1, lameDuck: true) == [
                "update", "lame duck", "connecting b after 0.0 seconds", "prepare b",
            ])
        #expect(life.prepared(1) == ["open 2 way 0"])
        #expect(life.greet(2) == ["authenticate 2", "connect 2"])
        #expect(life.pong(2) == ["subscribe 2"])
        #expect(life.pong(2) == [])
        #expect(life.machine.deadline == ClientMachine.settlingTime)
        #expect(life.parted(1) == [])
        #expect(life.at(ClientMachine.settlingTime) == ["release 1"])
        #expect(life.pong(1) == ["pass pong 1"])
        #expect(
            life.parted(1) == ["close 1", "moved from a", "update", "feed 2", "connected b"])
        #expect(life.machine.connectionInUse == .init(2))
        #expect(life.ended(1, .requested) == [])
        #expect(life.machine.deadline == .seconds(60))
    }

    @Test(arguments: ["settling", "released"])
    func `one that is ready takes over when the old one is lost`(phase: String) {
        var life = Self.moving(until: phase)
        #expect(
            life.ended(1) == [
                "settle 1", "lost a: peerClosed", "update", "feed 2", "connected b",
            ])
    }

    @Test func `one that is being made goes on when the old one is lost`() {
        var life = Self.moving(until: "open")
        #expect(life.ended(1) == ["settle 1", "lost a: peerClosed"])
        #expect(
            life.greet(2) + life.pong(2)
                == ["authenticate 2", "connect 2", "update", "feed 2", "connected b"])
        var joining = Self.moving(until: "joining")
        #expect(joining.ended(1) == ["settle 1", "lost a: peerClosed"])
        #expect(joining.pong(2) == ["update", "feed 2", "connected b"])
    }

    @Test(arguments: ["open", "joining", "settling", "released"])
    func `the old one goes on when the new one is lost`(phase: String) {
        var life = Self.moving(until: phase)
        // Counted from the time at which the old one said that it stops.
        let wait = Duration.milliseconds(250) - life.now
        let reason = phase == "open" ? "closedBeforeInfo" : "peerClosed"
        #expect(life.ended(2) == ["failed b: \(reason)", "connecting a after \(wait)"])
        // One that was released has nothing to hand over to: it is lost as any other.
        if phase == "released" {
            #expect(life.parted(1) == ["close 1"])
            #expect(life.ended(1) == ["settle 1", "lost a: requested"])
        } else {
            #expect(life.machine.connectionInUse == .init(1))
            #expect(life.ping(1) == ["pong"])
        }
    }

    @Test func `a released server that does not answer is given up`() {
        var life = Self.moving(until: "released")
        let time = ClientMachine.settlingTime + ClientMachine.partingTime
        #expect(life.machine.deadline == time)
        #expect(life.at(time - .milliseconds(1)) == [])
        #expect(life.at(time) == ["close 1"])
        #expect(life.at(time) == [] && life.pong(1) == [])
        #expect(
            life.ended(1, .requested) == [
                "settle 1", "lost a: stale", "update", "feed 2", "connected b",
            ])
    }

    /// Clients in every phase of their lives, with the numbers of their connections.
    private static let phases: [(String, ClientLife, [Int])] = {
        var started = ClientLife(["a"])
        _ = started.start()
        var attempting = started
        _ = attempting.prepared(2)
        var waiting = ClientLife.connected(to: ["a"])
        _ = waiting.ended(1)
        var suspended = ClientLife.connected(to: ["a"])
        _ = suspended.suspend() + suspended.ended(1)
        var asking = ClientLife.connected(to: ["a"]) { $0.asksForTarget = true }
        _ = asking.ended(1)
        return [
            ("idle", ClientLife(["a"]), []), ("preparing", started, []),
            ("attempting", attempting, [1]), ("waiting", waiting, []),
            ("asking", asking, []), ("suspended", suspended, []),
            ("in use", .connected(to: ["a"]), [1]),
            ("leaving", moving(until: "open"), [1, 2]),
            ("joining", moving(until: "joining"), [1, 2]),
            ("settling", moving(until: "settling"), [1, 2]),
            ("released", moving(until: "released"), [1, 2]),
        ]
    }()

    @Test(arguments: phases)
    func `the end is said once, and is over after the last connection`(
        phase: String, client: ClientLife, connections: [Int]
    ) {
        var life = client
        let closing = connections.map { "close \($0)" }
        let finish = connections.isEmpty ? ["finish"] : []
        #expect(life.close() == ["end"] + closing + finish, "\(phase)")
        Self.expectSilence(&life)
        // The order in which they end does not matter.
        for id in connections.reversed() {
            #expect(!life.machine.isFinished)
            #expect(life.ended(id) == (id == connections.first ? ["finish"] : []), "\(phase)")
        }
        #expect(life.machine.isFinished && life.machine.deadline == nil)
        Self.expectSilence(&life)
    }

    /// Whatever happens to a client that is over, it does nothing.
    private static func expectSilence(_ life: inout ClientLife) {
        #expect(life.start() + life.suspend() + life.resume() + life.reconnect() == [])
        #expect(life.close() + life.replaced(["z"]) + life.prepared(1) == [])
        #expect(life.unreachable("gone") + life.target("a") + life.delay(.zero) == [])
        for id in 1...2 {
            #expect(life.info(id, lameDuck: true) + life.ping(id) + life.pong(id) == [])
            #expect(life.malformed(id) + life.error(id, "'Stale Connection'") == [])
        }
        #expect(life.at(life.now + .seconds(86_400)) == [])
    }

    @Test func `the user may choose the server and the wait`() {
        var life = ClientLife.connected(to: ["a", "b"]) {
            $0.asksForTarget = true
            $0.asksForDelay = true
        }
        #expect(life.ended(1) == ["settle 1", "lost a: peerClosed", "ask target"])
        #expect(life.target("a") == ["ask delay 1"])
        #expect(life.delay(.seconds(-5)) == ["connecting a after 0.0 seconds", "prepare a"])
        #expect(life.unreachable("down") == ["failed a: down", "ask target"])
        #expect(life.target(nil) == ["connecting b after 0.0 seconds", "prepare b"])
        #expect(life.unreachable("down") == ["failed b: down", "ask target"])
        #expect(life.target("b") == ["ask delay 1"])
        #expect(life.delay(nil) == ["connecting b after 0.25 seconds"])
        #expect(life.reconnect() == ["prepare b"])
        _ = life.unreachable("down") + life.target("b")
        #expect(life.delay(.seconds(Int64.max)).count == 1)
        #expect(life.machine.deadline == .seconds(365 * 86_400))
    }

    @Test func `answers to an earlier question are ignored`() {
        var life = ClientLife(["a"]) {
            $0.asksForTarget = true
            $0.asksForDelay = true
        }
        _ = life.start()
        let first = life.token
        _ = life.suspend()
        #expect(life.prepared(1, token: first) == [])
        _ = life.resume()
        #expect(life.token != first && life.prepared(1, token: first) == [])
        _ = life.connect(1) + life.ended(1)
        // Not what was asked, and not the question that was asked last.
        #expect(life.prepared(1) + life.delay(.zero) + life.target("a", token: first) == [])
        #expect(life.target("a") == ["ask delay 1"])
        #expect(life.delay(.zero, token: first) + life.target("a") == [])
        #expect(life.delay(.zero) == ["connecting a after 0.0 seconds", "prepare a"])
        #expect(life.delay(.zero) == [])
    }
}

/// What stands over the transport met words in the clear.
private struct NoTLS: CodedError {
    let code = ErrorCode.tlsRequired
    let stageName = "tls_handshake"
    let place = ""
    let detail = "no TLS"
    let underlying: (any CodedError)? = nil
}
