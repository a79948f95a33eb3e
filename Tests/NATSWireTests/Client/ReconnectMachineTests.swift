internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct ReconnectMachineTests {
    private static let a = ServerURL(host: "a")
    private static let b = ServerURL(host: "b")
    private static let c = ServerURL(host: "c")

    private func machine(
        _ servers: [ServerURL], _ change: (inout ReconnectMachine.Configuration) -> Void = { _ in }
    ) -> ReconnectMachine {
        var configuration = ReconnectMachine.Configuration()
        configuration.shuffles = false
        change(&configuration)
        var generator = SeededGenerator(seed: 1)
        return ReconnectMachine(
            servers: servers, configuration: configuration, using: &generator)
    }

    @Test func theFirstRoundTriesEveryServerOnceAndAtOnce() {
        var machine = machine([Self.a, Self.b])
        #expect(machine.nextAttempt(now: .zero, random: 0.5) == .connect(Self.a, after: .zero))
        machine.failed(.lost, now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0.5) == .connect(Self.b, after: .zero))
        machine.failed(.lost, now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0.5) == .giveUp(.noServerReachable))
    }

    @Test func theFirstConnectionIsTriedAgainIfAsked() {
        var machine = machine([Self.a]) { $0.retriesFirstConnect = true }
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.lost, now: .zero)
        #expect(
            machine.nextAttempt(now: .zero, random: 0)
                == .connect(Self.a, after: .milliseconds(250)))
    }

    @Test func aWantedServerIsNextIfItIsInThePool() {
        var machine = machine([Self.a, Self.b])
        #expect(
            machine.nextAttempt(now: .zero, random: 0, wanted: Self.b)
                == .connect(Self.b, after: .zero))
        machine.connected()
        machine.failed(.lost, now: .zero)
        // It has its wait all the same, and a stranger changes nothing.
        #expect(
            machine.nextAttempt(now: .zero, random: 0, wanted: Self.b)
                == .connect(Self.b, after: .milliseconds(250)))
        machine.failed(.lost, now: .zero)
        #expect(
            machine.nextAttempt(now: .zero, random: 0, wanted: Self.c)
                == .connect(Self.a, after: .zero))
    }

    @Test func nothingIsGivenUpWhileAConnectionIsInUse() {
        var machine = machine([Self.a]) { $0.maxAttempts = 2 }
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        machine.failed(.lost, now: .zero)
        var wait = Duration.milliseconds(250)
        for _ in 0..<10 {
            #expect(machine.nextAttempt(now: .zero, random: 0) == .connect(Self.a, after: wait))
            machine.failed(.lost, now: .zero, isSpare: true)
            wait = min(wait * 2, .seconds(4))
        }
        // Once the connection is gone the attempts count.
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.lost, now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0) == .giveUp(.attemptsExhausted))
    }

    @Test func waitsDoubleUpToTheirBound() {
        var machine = machine([Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        for wait in [250, 500, 1000, 2000, 4000, 4000] {
            machine.failed(.lost, now: .zero)
            #expect(
                machine.nextAttempt(now: .zero, random: 0)
                    == .connect(Self.a, after: .milliseconds(wait)))
        }
        machine.connected()
        machine.failed(.lost, now: .seconds(9))
        #expect(
            machine.nextAttempt(now: .seconds(9), random: 0)
                == .connect(Self.a, after: .milliseconds(250)))
    }

    @Test func jitterIsAddedToEveryReconnect() {
        var machine = machine([Self.a, Self.b])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        machine.failed(.lost, now: .zero)
        #expect(
            machine.nextAttempt(now: .zero, random: 0.5)
                == .connect(Self.b, after: .milliseconds(50)))
    }

    @Test func timeThatHasPassedIsNotWaitedFor() {
        var machine = machine([Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        machine.failed(.lost, now: .zero)
        #expect(
            machine.nextAttempt(now: .milliseconds(100), random: 0)
                == .connect(Self.a, after: .milliseconds(150)))
        machine.failed(.lost, now: .seconds(1))
        #expect(
            machine.nextAttempt(now: .seconds(60), random: 0) == .connect(Self.a, after: .zero))
    }

    @Test func theServerThatWaitsLeastIsNext() {
        var machine = machine([Self.a, Self.b, Self.c])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        var order: [String] = []
        for _ in 0..<6 {
            machine.failed(.lost, now: .zero)
            if case .connect(let url, _) = machine.nextAttempt(now: .zero, random: 0) {
                order.append(url.host)
            }
        }
        #expect(order == ["b", "c", "a", "b", "c", "a"])
    }

    @Test func aServerIsGivenUpAfterItsAttempts() {
        var machine = machine([Self.a]) { $0.maxAttempts = 2 }
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        machine.failed(.lost, now: .zero)
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.lost, now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0) == .giveUp(.attemptsExhausted))
        #expect(machine.pool.isEmpty)
    }

    @Test func theSameRefusalTwiceIsEnough() {
        var machine = machine([Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        machine.failed(.refused("x"), now: .zero)
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.refused("y"), now: .zero)
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.lost, now: .zero)
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.refused("y"), now: .zero)
        #expect(machine.pool == [Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.refused("y"), now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0) == .giveUp(.refused))
    }

    @Test func aConnectionForgivesEarlierRefusals() {
        var machine = machine([Self.a])
        for _ in 0..<3 {
            _ = machine.nextAttempt(now: .zero, random: 0)
            machine.connected()
            machine.failed(.refused("expired"), now: .zero)
        }
        #expect(machine.pool == [Self.a])
    }

    @Test func aRefusedFirstConnectionSaysSo() {
        var machine = machine([Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.refused("x"), now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0) == .giveUp(.refused))
    }

    @Test func aHopelessServerIsLeftAtOnce() {
        var machine = machine([Self.a, Self.b])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.failed(.abandon, now: .zero)
        #expect(machine.pool == [Self.b])
    }

    @Test func reconnectingCanBeSwitchedOff() {
        var machine = machine([Self.a]) { $0.reconnects = false }
        #expect(machine.nextAttempt(now: .zero, random: 0) == .connect(Self.a, after: .zero))
        machine.connected()
        machine.failed(.lost, now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0) == .giveUp(.reconnectDisabled))
    }

    @Test func anAnnouncedServerThatAsksForTLSIsNotTriedWithoutIt() throws {
        var generator = SeededGenerator(seed: 3)
        var machine = ReconnectMachine(servers: [try ServerURL("a")], using: &generator)
        let change = machine.discovered(["tls://b:4222", "c:4222"])
        #expect(change.malformed == 0 && change.added.map(\.host) == ["b", "c"])
        #expect(machine.pool.first { $0.host == "b" }?.scheme == .tls)
    }

    @Test func anAnnouncedAddressInNumbersMustHaveTheNameOfWhoAnnouncedIt() throws {
        for (server, name) in [("tls://a.test:4222", "a.test"), ("tls://10.0.0.1:4222", nil)] {
            var generator = SeededGenerator(seed: 3)
            var machine = ReconnectMachine(servers: [try ServerURL(server)], using: &generator)
            _ = machine.nextAttempt(now: .zero, random: 0)
            machine.connected()
            _ = machine.discovered(["10.0.0.2:4222", "b.test:4222"], isSecured: true)
            let found = machine.pool.filter { $0.host == "10.0.0.2" || $0.host == "b.test" }
            #expect(found.map(\.nameInTLS).sorted() == [name ?? "10.0.0.2", "b.test"].sorted())
            #expect(found.allSatisfy { $0.scheme == .tls })
            // One that it announces in turn goes by the same name.
            let next = try #require(found.first { $0.host == "10.0.0.2" })
            machine.failed(.lost, now: .zero)
            _ = machine.nextAttempt(now: .zero, random: 0, wanted: next)
            machine.connected()
            _ = machine.discovered(["10.0.0.3:4222"], isSecured: true)
            let third = try #require(machine.pool.first { $0.host == "10.0.0.3" })
            #expect(third.nameInTLS == name ?? "10.0.0.3")
        }
    }

    @Test func announcedServersOfAWebSocketAreReachedInTheSameWay() throws {
        var generator = SeededGenerator(seed: 3)
        var machine = ReconnectMachine(
            servers: [try ServerURL("wss://a.test/nats?x=1")], using: &generator)
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        let change = machine.discovered(["b.test:8443"], isSecured: true)
        #expect(change.added == [try ServerURL("wss://b.test:8443/nats?x=1")])
    }

    @Test func announcedServersComeAndGoAndExplicitOnesStay() throws {
        let secret = ServerURL(host: "a", credentials: .token("t"))
        var machine = machine([secret, Self.b])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        let first = machine.discovered(["a:4222", "10.0.0.1:4222", "[::1]:4223", "bad host"])
        #expect(first.added.map(\.authority) == ["10.0.0.1:4222", "[::1]:4223"])
        #expect(first.added.allSatisfy { $0.credentials == .token("t") })
        #expect(first.malformed == 1)
        let second = machine.discovered(["a:4222", "10.0.0.2:4222"])
        #expect(second.added.map(\.host) == ["10.0.0.2"])
        #expect(second.removed.map(\.host) == ["10.0.0.1", "::1"])
        #expect(machine.pool.map(\.host) == ["a", "b", "10.0.0.2"])
        #expect(machine.discovered([]).removed.isEmpty)
    }

    @Test func ofVeryManyAnnouncedServersTheFirstOnesCount() {
        var machine = machine([Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        let limit = ReconnectMachine.maxAnnounced
        let change = machine.discovered((0..<limit + 9).map { "10.1.\($0 / 256).\($0 % 256):4222" })
        #expect(change.added.count == limit && change.malformed == 0)
        #expect(machine.pool.count == limit + 1)
    }

    @Test func theServerInUseIsNotForgotten() {
        var machine = machine([Self.a])
        _ = machine.nextAttempt(now: .zero, random: 0)
        machine.connected()
        _ = machine.discovered(["b"])
        machine.failed(.lost, now: .zero)
        #expect(machine.nextAttempt(now: .zero, random: 0) == .connect(Self.b, after: .zero))
        machine.connected()
        #expect(machine.discovered(["c"]).removed.isEmpty)
        #expect(machine.pool.map(\.host) == ["a", "b", "c"])
    }

    @Test func announcementsCanBeIgnored() {
        var machine = machine([Self.a]) { $0.usesDiscovered = false }
        #expect(machine.discovered(["b"]).added.isEmpty)
        #expect(machine.pool == [Self.a])
    }

    @Test func theOrderIsDrawnOnce() {
        let servers = (0..<20).map { ServerURL(host: "h\($0)") }
        var generator = SeededGenerator(seed: 7)
        let machine = ReconnectMachine(servers: servers + servers, using: &generator)
        #expect(machine.pool != servers)
        #expect(Set(machine.pool) == Set(servers))
        #expect(machine.pool.count == 20)
    }
}
