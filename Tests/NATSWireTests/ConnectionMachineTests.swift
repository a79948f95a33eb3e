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
        _ = machine.pongReceived()
        return machine
    }

    private static func close(
        _ reason: Machine.CloseReason?, failing: [Int] = []
    ) -> Machine.CloseAction {
        Machine.CloseAction(reason: reason, failing: failing.map { Machine.FlushID($0) })
    }

    @Test func handshake() {
        var machine = Machine(now: .seconds(10))
        #expect(machine.deadline == .seconds(15))
        #expect(machine.infoReceived(Self.info()) == .sendConnectAndPing)
        #expect(machine.isConnected == false)
        #expect(machine.pingReceived() == .sendPong)
        #expect(machine.infoReceived(Self.info()) == .update)
        #expect(machine.pongReceived() == .connected)
        #expect(machine.isConnected == true)
        #expect(machine.infoReceived(Self.info()) == .update)
    }

    @Test func anErrorInPlaceOfThePongEndsTheHandshake() {
        var machine = Machine(now: .zero)
        _ = machine.infoReceived(Self.info())
        let error = ServerError(parsing: "'Authorization Violation'")
        #expect(machine.errorReceived(error) == .close(Self.close(.serverError(error))))
        #expect(machine.isClosed == true)
        #expect(machine.pongReceived() == .ignore)
    }

    @Test func anyErrorEndsAHandshake() {
        var machine = Machine(now: .zero)
        let error = ServerError(parsing: "'something new'")
        #expect(machine.errorReceived(error) == .close(Self.close(.serverError(error))))
    }

    @Test func theHandshakeHasATime() {
        var machine = Machine(now: .zero)
        #expect(machine.timerDue(now: .milliseconds(4999)) == .wait)
        #expect(machine.timerDue(now: .seconds(5)) == .close(Self.close(.handshakeTimeout)))
        #expect(machine.deadline == nil)
        var silent = Machine(now: .zero)
        _ = silent.infoReceived(Self.info())
        #expect(silent.timerDue(now: .seconds(5)) == .close(Self.close(.handshakeTimeout)))
    }

    @Test func aServerThatDemandsTLSIsLeftUnlessWeHaveIt() {
        var machine = Machine(now: .zero)
        #expect(machine.infoReceived(Self.info(tls: true)) == .close(Self.close(.tlsRequired)))
        var configuration = Machine.Configuration()
        configuration.canUseTLS = true
        var able = Machine(configuration: configuration, now: .zero)
        #expect(able.infoReceived(Self.info(tls: true)) == .sendConnectAndPing)
    }

    @Test func flushesAreResolvedInOrder() {
        var machine = Self.connected()
        #expect(machine.flushRequested(.init(1)) == .sendPing)
        #expect(machine.flushRequested(.init(2)) == .sendPing)
        #expect(machine.pongReceived() == .flushed(.init(1)))
        #expect(machine.flushRequested(.init(3)) == .sendPing)
        #expect(machine.pongReceived() == .flushed(.init(2)))
        #expect(machine.pongReceived() == .flushed(.init(3)))
        #expect(machine.pongReceived() == .ignore)
    }

    @Test func keepAlivesAndFlushesShareTheQueue() {
        var machine = Self.connected()
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing)
        #expect(machine.flushRequested(.init(1)) == .sendPing)
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.pongReceived() == .flushed(.init(1)))
    }

    @Test func anAbandonedFlushKeepsItsPlace() {
        var machine = Self.connected()
        _ = machine.flushRequested(.init(1))
        _ = machine.flushRequested(.init(2))
        machine.flushAbandoned(.init(1))
        machine.flushAbandoned(.init(9))
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.pongReceived() == .flushed(.init(2)))
    }

    @Test func manyFlushesStayInOrder() {
        var machine = Self.connected()
        var next = 0
        for number in 0..<1000 {
            _ = machine.flushRequested(.init(number))
            guard number % 3 == 0 else { continue }
            #expect(machine.pongReceived() == .flushed(.init(next)))
            next += 1
        }
        while next < 1000 {
            #expect(machine.pongReceived() == .flushed(.init(next)))
            next += 1
        }
    }

    @Test func flushesAreBoundedAndNeedAConnection() {
        var configuration = Machine.Configuration()
        configuration.maxPendingPongs = 2
        var machine = Self.connected(configuration)
        #expect(machine.flushRequested(.init(1)) == .sendPing)
        #expect(machine.flushRequested(.init(2)) == .sendPing)
        #expect(machine.flushRequested(.init(3)) == .refuseTooMany)
        var fresh = Machine(now: .zero)
        #expect(fresh.flushRequested(.init(1)) == .refuseNotConnected)
    }

    @Test func aSilentServerIsStale() {
        var machine = Self.connected()
        #expect(machine.deadline == .seconds(60))
        #expect(machine.timerDue(now: .seconds(59)) == .wait)
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing)
        #expect(machine.deadline == .seconds(120))
        #expect(machine.timerDue(now: .seconds(120)) == .sendPing)
        #expect(machine.timerDue(now: .seconds(180)) == .close(Self.close(.stale)))
    }

    @Test func bytesThatNobodyTakesEndTheConnection() {
        var machine = Self.connected()
        machine.writeBlocked(now: .seconds(30))
        machine.writeBlocked(now: .seconds(40))
        #expect(machine.deadline == .seconds(60))
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing)
        #expect(machine.deadline == .seconds(90))
        machine.writeProgressed()
        #expect(machine.deadline == .seconds(120))
        machine.writeBlocked(now: .seconds(100))
        // What the server sends does not help: it must take what we send.
        machine.bytesReceived(now: .seconds(150))
        #expect(machine.timerDue(now: .seconds(159)) == .wait)
        #expect(machine.timerDue(now: .seconds(160)) == .close(Self.close(.writeTimeout)))
        #expect(Machine.CloseReason.writeTimeout.failure == .lost)
    }

    @Test func anyByteProvesLife() {
        var machine = Self.connected()
        #expect(machine.timerDue(now: .seconds(60)) == .sendPing)
        #expect(machine.timerDue(now: .seconds(120)) == .sendPing)
        machine.bytesReceived(now: .seconds(179))
        #expect(machine.timerDue(now: .seconds(180)) == .wait)
        #expect(machine.deadline == .seconds(239))
        #expect(machine.timerDue(now: .seconds(239)) == .sendPing)
    }

    @Test func complaintsThatDoNotCloseAreReported() {
        var machine = Self.connected()
        let error = ServerError(parsing: "'Permissions Violation for Publish to \"a\"'")
        #expect(machine.errorReceived(error) == .report(error))
        #expect(machine.isConnected == true)
    }

    @Test func theEndFailsTheWaitingFlushes() {
        var machine = Self.connected()
        _ = machine.flushRequested(.init(1))
        _ = machine.flushRequested(.init(2))
        _ = machine.flushRequested(.init(3))
        _ = machine.pongReceived()
        machine.flushAbandoned(.init(2))
        #expect(machine.peerClosed() == Self.close(.peerClosed, failing: [3]))
        #expect(machine.peerClosed() == Self.close(nil))
    }

    @Test func lameDuckIsToldOnce() {
        var machine = Self.connected()
        #expect(machine.infoReceived(Self.info(lameDuck: true)) == .updateAndLeave)
        #expect(machine.infoReceived(Self.info(lameDuck: true)) == .update)
    }

    @Test("After the end every input has the answer to do nothing")
    func closed() {
        var machine = Self.connected()
        #expect(machine.closeRequested() == Self.close(.requested))
        #expect(machine.infoReceived(Self.info()) == .ignore)
        #expect(machine.pingReceived() == .ignore)
        #expect(machine.pongReceived() == .ignore)
        #expect(machine.errorReceived(ServerError(parsing: "x")) == .ignore)
        #expect(machine.flushRequested(.init(1)) == .refuseNotConnected)
        #expect(machine.timerDue(now: .seconds(1000)) == .wait)
        #expect(machine.closeRequested() == Self.close(nil))
        #expect(machine.transportFailed("reset") == Self.close(nil))
        #expect(machine.peerClosed() == Self.close(nil))
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
        #expect(Machine.CloseReason.tlsRequired.failure == .abandon)
    }
}
