internal import BridgeBytes
internal import NATSWire
internal import Testing

/// Credentials of a client: those that are missing, refused, and about to expire.
@Suite struct ClientRenewalTests {
    private static let expired = CredentialsFailure(.credentialsExpired, "expired", isFinal: true)
    private static let missing = CredentialsFailure(.credentialsUnavailable, "no file")

    /// A client whose credentials 1 expire at second 100.
    private static func connected() -> ClientLife {
        var life = ClientLife(["a"])
        _ = life.start()
        _ = life.prepared(1, credentials: 1, expiry: .seconds(100))
        _ = life.greet(1) + life.pong(1)
        return life
    }

    @Test func `CONNECT waits for its credentials, and a PONG before it counts for nothing`() {
        var life = ClientLife(["a"])
        _ = life.start() + life.prepared(1)
        #expect(life.authenticated(1) == [])
        #expect(life.info(1) == ["authenticate 1"])
        #expect(life.pong(1) == [] && life.info(1) == [])
        #expect(life.authenticated(1) == ["connect 1"] && life.authenticated(1) == [])
        #expect(life.pong(1).last == "connected a")
    }

    @Test func `a signer that takes too long ends the attempt as a silent server does`() {
        var life = ClientLife(["a"])
        _ = life.start() + life.prepared(1) + life.info(1)
        #expect(life.at(.seconds(5)) == ["close 1"])
        #expect(life.authenticated(1) == [])
        #expect(life.ended(1).first == "failed a: handshakeTimeout")
    }

    @Test func `a signer that fails ends the attempt with its reason`() {
        var life = ClientLife(["a"])
        _ = life.start() + life.prepared(1) + life.info(1)
        #expect(life.authenticated(1, Self.missing) == ["close 1"])
        #expect(
            life.ended(1) == ["failed a: no file", "gave up: no_server_reachable", "finish"])
    }

    @Test func `a source that never answers is no end of the search`() {
        var life = ClientLife(["a"]) { $0.pool.retriesFirstConnect = true }
        _ = life.start()
        let first = life.token
        #expect(life.machine.deadline == .seconds(5))
        #expect(life.at(.milliseconds(4999)) == [])
        #expect(
            life.at(.seconds(5)) == [
                "failed a: no address and no credentials in time",
                "connecting a after 0.25 seconds",
            ])
        #expect(life.prepared(1, token: first) == [])
        #expect(life.at(.seconds(6)) == ["prepare a"])
        #expect(life.prepared(1) == ["open 1 way 0"])
    }

    @Test func `credentials that cannot be had are asked for again, expired ones twice`() {
        var life = ClientLife(["a"]) { $0.pool.retriesFirstConnect = true }
        _ = life.start()
        for second in 1...3 {
            #expect(life.withoutCredentials(Self.missing).first == "failed a: no file")
            _ = life.at(.seconds(10 * second))
        }
        #expect(life.withoutCredentials(Self.expired, identity: 7).count == 2)
        _ = life.at(.seconds(50))
        #expect(
            life.withoutCredentials(Self.expired, identity: 7)
                == ["failed a: expired", "gave up: refused", "finish"])
    }

    @Test func `the same refusal of other credentials is not the same`() {
        var life = ClientLife(["a"]) { $0.pool.retriesFirstConnect = true }
        _ = life.start()
        for attempt in 1...4 {
            _ = life.prepared(1, credentials: attempt) + life.greet(attempt)
            _ = life.error(attempt, "'Authorization Violation'")
            #expect(life.ended(attempt).count == 2)
            _ = life.at(.seconds(10 * attempt))
        }
        _ = life.prepared(1, credentials: 4) + life.greet(5)
        _ = life.error(5, "'Authorization Violation'")
        #expect(life.ended(5).dropFirst() == ["gave up: refused", "finish"])
    }

    @Test func `newer credentials are looked for before the end, and moved to`() {
        var life = Self.connected()
        #expect(life.at(.seconds(60)) == ["ping"])
        #expect(life.at(.seconds(70)) == ["check 1 a"])
        #expect(life.machine.deadline != .seconds(70))
        #expect(
            life.checked(1, 2, expiry: .seconds(500))
                == ["connecting a after 0.0 seconds", "prepare a"])
        _ = life.prepared(1, credentials: 2, expiry: .seconds(500))
        #expect(life.greet(2) == ["authenticate 2", "connect 2"])
        #expect(life.pong(2) == ["subscribe 2"] && life.pong(2) == [])
        #expect(life.at(life.now + ClientMachine.settlingTime) == ["release 1"])
        #expect(
            life.parted(1) == ["close 1", "moved from a", "update", "feed 2", "connected a"])
        // And those are looked at in their turn.
        #expect(life.ended(1) == [])
        #expect(life.at(.seconds(470)).contains("check 2 a"))
    }

    @Test(arguments: [nil, 1, 2]) func `a source without newer ones is asked again`(
        _ identity: Int?
    ) {
        var life = Self.connected()
        #expect(life.at(.seconds(70)).contains("check 1 a"))
        // Others that end no later are of no use.
        #expect(life.checked(1, identity, expiry: .seconds(100)) == [])
        #expect(life.at(.seconds(84)) == [])
        #expect(life.at(.seconds(85)) == ["check 1 a"])
        #expect(life.checked(1, 1, expiry: .seconds(100)) == [])
        life.now = .seconds(99)
        #expect(life.at(.seconds(99)) == ["check 1 a"])
        #expect(life.checked(1, 1, expiry: .seconds(100)) == [])
        #expect(life.at(.seconds(100)) == ["check 1 a"])
        #expect(life.checked(1, 1, expiry: .seconds(100)) == [])
        #expect(life.at(.seconds(110)) == [])
    }

    @Test func `credentials for a short time are looked at after half of it`() {
        var life = ClientLife(["a"])
        _ = life.start()
        _ = life.prepared(1, credentials: 1, expiry: .seconds(4))
        _ = life.greet(1) + life.pong(1)
        #expect(life.at(.milliseconds(1999)) == [])
        #expect(life.at(.seconds(2)) == ["check 1 a"])
    }

    @Test func `an answer for a connection that is no longer in use moves nobody`() {
        var life = Self.connected()
        _ = life.at(.seconds(70))
        _ = life.ended(1)
        #expect(life.checked(1, 2) == [])
        var leaving = Self.connected()
        _ = leaving.at(.seconds(70)) + leaving.info(1, lameDuck: true)
        #expect(leaving.checked(1, 2) == [])
    }
}
