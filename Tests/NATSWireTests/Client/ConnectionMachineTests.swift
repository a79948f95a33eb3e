import BridgeBytes
internal import NATSWire
internal import Testing

@Suite struct ConnectionMachineTests {
    typealias Machine = ConnectionMachine

    private static func info(tls: Bool = false, lameDuck: Bool = false) -> ServerInfo {
        var info = ServerInfo()
        info.requiresTLS = tls
        info.isLameDuck = lameDuck
        return info
    }

    /// A machine whose handshake is done at second 0.
    private static func connected(_ configuration: Machine.Configuration = .init()) -> Machine {
        var machine = Machine(configuration: configuration, now: .zero)
        _ = machine.infoReceived(info())
        _ = machine.authenticated()
        _ = machine.pongReceived()
        return machine
    }

    @Test func handshake() {
        var machine = Machine(now: .seconds(10))
        #expect(machine.deadline == .seconds(15))
        #expect(machine.authenticated() == 0)
        #expect(machine.infoReceived(Self.info()) == .authenticate)
        // Before CONNECT is sent, no PONG is one.
        #expect(machine.pongReceived() == .ignore)
        let pings = [machine.authenticated(), machine.authenticated()]
        #expect(pings == [1, 0])
        #expect(machine.isConnected == false)
        #expect(machine.pingReceived() == true)
        #expect(machine.infoReceived(Self.info()) == .update)
        #expect(machine.pongReceived() == .connected)
        #expect(machine.isConnected == true)
        #expect(machine.infoReceived(Self.info()) == .update)
    }

    @Test func anErrorInPlaceOfThePongEndsTheHandshake() {
        var machine = Machine(now: .zero)
        _ = machine.infoReceived(Self.info())
        let error = ServerError(parsing: "'Authorization Violation'")
        #expect(machine.errorReceived(error) == .close(.serverError(error)))
        #expect(machine.isClosed == true)
        #expect(machine.pongReceived() == .ignore)
    }

    @Test func anyErrorEndsAHandshake() {
        var machine = Machine(now: .zero)
        let error = ServerError(parsing: "'something new'")
        #expect(machine.errorReceived(error) == .close(.serverError(error)))
    }

    @Test func theHandshakeHasATime() {
        var machine = Machine(now: .zero)
        #expect(machine.timerDue(now: .milliseconds(4999)) == .wait)
        #expect(machine.timerDue(now: .seconds(5)) == .close(.handshakeTimeout))
        #expect(machine.deadline == nil)
        var silent = Machine(now: .zero)
        _ = silent.infoReceived(Self.info())
        #expect(silent.timerDue(now: .seconds(5)) == .close(.handshakeTimeout))
    }

    @Test func aServerThatDemandsTLSIsGivenItBeforeTheCredentials() {
        var machine = Machine(now: .zero)
        #expect(machine.infoReceived(Self.info(tls: true)) == .secure)
        #expect(machine.authenticated() == 0)
        #expect(machine.secured() == .authenticate)
        // Two PINGs: what comes between their PONGs is what the server says inside TLS.
        #expect(machine.authenticated() == 2)
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.infoReceived(Self.info()) == .update)
        #expect(machine.pongReceived() == .connected)
    }

    @Test func aServerWithoutTLSIsLeftWhereItIsAskedFor() {
        var configuration = Machine.Configuration()
        configuration.security = .required
        var machine = Machine(configuration: configuration, now: .zero)
        #expect(machine.infoReceived(Self.info()) == .close(.tlsNotOffered))
        #expect(machine.isClosed == true)
    }

    @Test func beginsWithTLSWhereThatIsAskedFor() {
        var configuration = Machine.Configuration()
        configuration.security = .first
        var machine = Machine(configuration: configuration, now: .zero)
        let answers = [machine.opened(), machine.opened()]
        #expect(answers == [.secure, .wait])
        #expect(machine.infoReceived(Self.info()) == .ignore)
        #expect(machine.secured() == .wait)
        #expect(machine.infoReceived(Self.info(tls: true)) == .authenticate)
        #expect(machine.authenticated() == 1)
        #expect(machine.pongReceived() == .connected)
    }

    @Test func aWebSocketComesFirstAndNeedsNoUpgrade() {
        for carrier in [Machine.Carrier.webSocket, .webSocketOverTLS] {
            var configuration = Machine.Configuration()
            configuration.carrier = carrier
            if carrier == .webSocketOverTLS { configuration.security = .required }
            var machine = Machine(configuration: configuration, now: .zero)
            #expect(machine.opened() == .secure)
            #expect(machine.secured() == .wait)
            // Servers say so over WebSocket, too.
            #expect(machine.infoReceived(Self.info(tls: true)) == .authenticate)
            #expect(machine.authenticated() == 1)
            // Without TLS an end is no refusal of a certificate.
            let isRefusal = machine.meaning(of: .peerClosed) != .peerClosed
            #expect(isRefusal == (carrier == .webSocketOverTLS))
        }
    }

    @Test func aWebSocketWithoutTLSIsNotOpenedWhereTLSIsWanted() {
        var configuration = Machine.Configuration()
        configuration.carrier = .webSocket
        configuration.security = .required
        var machine = Machine(configuration: configuration, now: .zero)
        #expect(machine.opened() == .close(.tlsNotOffered))
        #expect(machine.isClosed)
    }

    @Test func anEndInsideTLSBeforeThePongIsARefusal() {
        var machine = Machine(now: .zero)
        // Before INFO it may be one that waits for TLS.
        #expect(machine.meaning(of: .peerClosed) == .closedBeforeInfo)
        _ = machine.infoReceived(Self.info(tls: true))
        _ = machine.secured()
        guard case .refusedWithoutWords = machine.meaning(of: .peerClosed) else {
            Issue.record("a server that closes after the handshake was not taken at its word")
            return
        }
        _ = machine.authenticated()
        _ = machine.pongReceived()
        _ = machine.pongReceived()
        #expect(machine.meaning(of: .peerClosed) == .peerClosed)
    }

    @Test func aSilentServerIsStale() {
        var machine = Self.connected()
        #expect(machine.deadline == .seconds(60))
        #expect(machine.timerDue(now: .seconds(59)) == .wait)
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing(.own))
        #expect(machine.deadline == .seconds(120))
        #expect(machine.timerDue(now: .seconds(120)) == .sendPing(.own))
        #expect(machine.timerDue(now: .seconds(180)) == .close(.stale))
    }

    @Test func bytesThatNobodyTakesEndTheConnection() {
        var machine = Self.connected()
        machine.writeBlocked(now: .seconds(30))
        machine.writeBlocked(now: .seconds(40))
        #expect(machine.deadline == .seconds(60))
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing(.own))
        #expect(machine.deadline == .seconds(90))
        machine.writeProgressed()
        #expect(machine.deadline == .seconds(120))
        machine.writeBlocked(now: .seconds(100))
        // What the server sends does not help: it must take what we send.
        machine.bytesReceived(now: .seconds(150))
        #expect(machine.timerDue(now: .seconds(159)) == .wait)
        #expect(machine.timerDue(now: .seconds(160)) == .close(.writeTimeout))
        #expect(Machine.CloseReason.writeTimeout.failure == .lost)
    }

    @Test func anyByteProvesLife() {
        var machine = Self.connected()
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing(.own))
        #expect(machine.timerDue(now: .seconds(120)) == .sendPing(.own))
        machine.bytesReceived(now: .seconds(179))
        #expect(machine.timerDue(now: .seconds(180)) == .wait)
        #expect(machine.deadline == .seconds(239))
        #expect(machine.timerDue(now: .seconds(239)) == .sendPing(.own))
    }

    @Test func complaintsThatDoNotCloseAreReported() {
        var machine = Self.connected()
        let error = ServerError(parsing: "'Permissions Violation for Publish to \"a\"'")
        #expect(machine.errorReceived(error) == .report(error))
        #expect(machine.isConnected == true)
    }

    @Test func lameDuckIsToldOnce() {
        var machine = Self.connected()
        #expect(machine.infoReceived(Self.info(lameDuck: true)) == .updateAndLeave)
        #expect(machine.infoReceived(Self.info(lameDuck: true)) == .update)
    }

    @Test("After the end every input has the answer to do nothing")
    func closed() {
        var machine = Self.connected()
        #expect(machine.close() == true)
        #expect(machine.infoReceived(Self.info()) == .ignore)
        #expect(machine.pingReceived() == false)
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.errorReceived(ServerError(parsing: "x")) == .ignore)
        #expect(machine.joinBegan() == false)
        #expect(machine.timerDue(now: .seconds(1000)) == .wait)
        #expect(machine.deadline == nil)
        #expect(machine.close() == false)
    }

    @Test("A PONG belongs to the first question that is open, and beyond ours to the outbox")
    func pongs() {
        var machine = Self.connected()
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.joinBegan() == true)
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing(.own))
        machine.fed()
        #expect(machine.timerDue(now: .seconds(120)) == .sendPing(.outbox))
        #expect(machine.pongReceived() == .joined)
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.pongReceived() == .passOn)
        #expect(machine.joinBegan() == false)
    }

    @Test func whatAnEndMeansForTryingAgain() {
        func failure(_ text: String) -> ReconnectMachine.Failure? {
            Machine.CloseReason.serverError(ServerError(parsing: text)).failure
        }
        #expect(failure("'Stale Connection'") == .lost)
        #expect(failure("'Authorization Violation'") == .refused("Authorization Violation"))
        #expect(failure("'Secure Connection - TLS Required'") == .abandon)
        #expect(failure("'something new'") == .lost)
        #expect(Machine.CloseReason.requested.failure == nil)
        #expect(Machine.CloseReason.peerClosed.failure == .lost)
        #expect(Machine.CloseReason.stale.failure == .lost)
        #expect(Machine.CloseReason.tlsNotOffered.failure == .lost)
    }
}
