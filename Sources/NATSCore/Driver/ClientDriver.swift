internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Feeds a client's machine, and carries its actions out; belongs to the reactor's thread, where
/// it resides for as long as the client lives.
///
/// ## Theory of operation
/// Whatever happens becomes an input of `ClientMachine`: frames and ends of connections (`Wire`),
/// wishes of the user (`ClientCore`, through `HandlerHandle.perform`), answers of what the user
/// gave (`UserSteps`), time. Actions are queued and carried out one after the other: what one of
/// them causes at once, such as the end of a connection that cannot even be begun, is queued
/// behind.
/// Nothing of the protocol is remembered here.
final class ClientDriver: LinkHandler {
    let core: ClientCore
    private let link: Link
    private let steps: UserSteps
    private var machine: ClientMachine
    private var wires: [ClientMachine.ConnectionID: Wire] = [:]
    /// How the server of the present attempt may be reached.
    private var approach: UserSteps.Approach?
    private var actions = Fifo<ClientMachine.Action>()
    private var isActing = false
    /// Whether the loop does this client's work alone, and ends with it.
    private let ownsLoop: Bool
    /// Connections that have ended, until everything that follows from it is done.
    private var ended: [ClientMachine.ConnectionID] = []
    /// What the first connection is covered with.
    var coverPlan: CoverPlan
    /// Why the user, or the lack of a loop, ends the client; nil: it was asked for.
    private var closeError: NATSError?

    init(
        core: ClientCore, link: Link, steps: UserSteps, servers: [ServerURL], seed: UInt64,
        cover: CoverPlan, ownsLoop: Bool
    ) {
        self.ownsLoop = ownsLoop
        self.core = core
        coverPlan = cover
        self.link = link
        self.steps = steps
        machine = ClientMachine(
            servers: servers, configuration: core.options.clientConfiguration, seed: seed)
    }

    func opened(_ link: Link) {
        if let error = core.settleIn(link.handle(for: ClientDriver.self)) { return close(error) }
        if let error = findCover() { return close(error) }
        input { $0.start(now: MonotonicClock.now) }
    }

    func readable(_ link: Link) {}

    func deadlineReached(_ link: Link, now: Duration) { input { $0.timerDue(now: now) } }

    /// The loop ends, or everything is over.
    func closed(_ link: Link, error: SocketError?) {
        guard !machine.isFinished else { return }
        _ = machine.closeRequested()
        core.abandon()
    }

    /// A connection that is not over.
    func wire(_ id: ClientMachine.ConnectionID) -> Wire? { wires[id] }

    /// How other threads reach this driver.
    var home: HandlerHandle<ClientDriver> { link.handle(for: ClientDriver.self) }

    // MARK: Inputs

    /// Tells the machine something, and carries out what it answers.
    func input(_ input: (inout ClientMachine) -> [ClientMachine.Action]) {
        for action in input(&machine) { actions.append(action) }
        guard !isActing else { return }
        isActing = true
        while let action = actions.popFirst() { perform(action) }
        isActing = false
        for id in ended { wires[id] = nil }
        ended = []
        guard !link.isClosed else { return }
        link.deadline = machine.deadline
    }

    func opened(_ wire: Wire) { input { $0.connectionOpened(wire.id) } }
    func secured(_ wire: Wire) { input { $0.secured(wire.id) } }
    func bytesReceived(_ wire: Wire) { machine.bytesReceived(wire.id, now: link.turnTime) }
    func writeProgressed(_ wire: Wire) { machine.writeProgressed(wire.id) }

    func writeBlocked(_ wire: Wire) {
        machine.writeBlocked(wire.id, now: MonotonicClock.now)
        link.deadline = machine.deadline
    }

    func malformedBytes(_ wire: Wire, _ error: WireError) {
        input { $0.malformedBytes(wire.id, error) }
    }

    /// A frame came that is no message.
    func received(_ frame: Frame, _ wire: Wire) {
        switch frame {
        case .info(let range):
            do throws(WireError) {
                let info = try ServerInfo(parsing: wire.window(range))
                input { $0.infoReceived(wire.id, info, now: MonotonicClock.now) }
            } catch {
                malformedBytes(wire, error)
            }
        case .ping: input { $0.pingReceived(wire.id) }
        case .pong: input { $0.pongReceived(wire.id, now: MonotonicClock.now) }
        case .error(let range):
            let error = ServerError(parsing: String(repairing: wire.window(range)))
            if error.kind == .maximumControlLineExceeded { core.isolateLongestLine(error) }
            input { $0.errorReceived(wire.id, error) }
        case .ok, .message: break
        }
    }

    /// A connection is gone, or must be closed for a reason that the transport gives.
    func ended(_ wire: Wire, _ reason: ConnectionMachine.CloseReason) {
        guard !wire.hasEnded else { return }
        wire.hasEnded = true
        // Before the descriptor is closed, so that no other thread writes to it.
        if wire.isFed { core.outbox.cutOff() }
        ended.append(wire.id)
        input {
            $0.connectionEnded(
                wire.id, reason, wasSlow: wire.wasSlow, now: MonotonicClock.now)
        }
        wire.link.close()
    }

    /// Ends the client.
    /// - Parameter error: Why; nil: the user wants it.
    func close(_ error: NATSError?) {
        closeError = error
        input { $0.closeRequested() }
    }

    /// A consumer has caught up, or is gone.
    func lookAtConsumers() {
        for wire in wires.values { wire.lookAtConsumers() }
    }

    // MARK: Actions

    private func perform(_ action: ClientMachine.Action) {
        switch action {
        case .askTarget(let token, let pool): steps.askTarget(token, pool, core.serverInfo)
        case .askDelay(let token, let failures): steps.askDelay(token, failures)
        case .prepare(let token, let server): steps.prepare(token, server)
        case .open(let id, _, let way): open(id, way)
        case .secure(let id): secure(id)
        case .authenticate(let id, let info): authenticate(id, info)
        case .checkCredentials(let id, let server): steps.checkCredentials(id, server)
        case .sendConnect(let id, let info, let pings): sendConnect(id, info, pings)
        case .sendPing(let id): wires[id]?.send { FrameWriter.ping(into: &$0) }
        case .sendPong(let id): wires[id]?.send { FrameWriter.pong(into: &$0) }
        case .appendPing: core.outbox.ping()
        case .appendPong: core.outbox.appendControl { FrameWriter.pong(into: &$0) }
        case .subscribe(let id): subscribe(id)
        case .feed(let id): feed(id)
        case .release(let id): release(id)
        case .settle(let id): settle(id)
        case .close(let id): wires[id]?.link.close()
        case .passPong(let id): passPong(id)
        case .update(let info): core.infoReceived(info)
        case .report(let id, let error): core.refused(error, on: id)
        case .tell(let news): core.announce(news)
        case .end(let end): core.end(closeError ?? NATSError(end))
        case .finish:
            steps.cancel()
            link.close()
            if ownsLoop { link.endLoop() }
            core.finish()
        }
    }

    /// What the user's steps found out about the server of the present attempt.
    func prepared(_ token: Int, _ result: Result<UserSteps.Approach, ClientMachine.Unreachable>) {
        approach = try? result.get()
        input { $0.prepared(token: token, result.map(\.means), now: MonotonicClock.now) }
    }

    private func open(_ id: ClientMachine.ConnectionID, _ way: Int) {
        guard let approach, way < approach.ways.count else { return }
        let makeWire = { (link: Link) -> any LinkHandler in
            let tap = self.core.options.trace.map {
                WireTap(
                    $0, connection: self.core.nextTracedConnection(), server: approach.server)
            }
            let wire = Wire(id, link, self, tap, approach)
            self.wires[id] = wire
            return wire
        }
        switch approach.ways[way] {
        case .address(let address):
            link.connectSibling(
                to: address, from: core.options.localSource, makeHandler: makeWire)
        case .dialed(let socket):
            // A dialer that hands out the same socket twice gets a descriptor that is not open.
            link.adoptSibling(socket.take() ?? Descriptor(owning: -1), makeHandler: makeWire)
        }
        prepareCover(id)
    }

    private func authenticate(_ id: ClientMachine.ConnectionID, _ info: ServerInfo) {
        guard let wire = wires[id] else { return }
        let credentials = wire.approach.credentials
        if let path = credentials.exposedFile { core.warnOnce(.credentialsFileExposed(path: path)) }
        if let known = credentials.atOnce { return authenticated(id, known) }
        steps.authenticate(id, credentials, nonce: info.nonce)
    }

    /// What CONNECT of a connection is to say is known.
    func authenticated(_ id: ClientMachine.ConnectionID, _ credentials: ConnectCredentials) {
        guard let wire = wires[id] else { return }
        wire.credentials = credentials
        input { $0.authenticated(id, nil) }
    }

    private func sendConnect(_ id: ClientMachine.ConnectionID, _ info: ServerInfo, _ pings: Int) {
        guard let wire = wires[id] else { return }
        let server = wire.approach.server
        if wire.approach.credentials.canBeStolen, !wire.isSecured, !server.isLoopback {
            core.warnOnce(.credentialsInTheClear(server: server.name))
        }
        let options = core.options.connectOptions(wire.credentials, info: info)
        // They are sent once.
        wire.credentials = .none
        wire.send {
            FrameWriter.connect(options, into: &$0)
            for _ in 0..<pings { FrameWriter.ping(into: &$0) }
        }
    }

    /// Subscribes to everything beside the connection in use.
    private func subscribe(_ id: ClientMachine.ConnectionID) {
        let items = core.subscriptions.withLock { $0.join(id) }
        wires[id]?.send { writer in
            for item in items { item.write(into: &writer) }
            FrameWriter.ping(into: &writer)
        }
    }

    private func feed(_ id: ClientMachine.ConnectionID) {
        guard let wire = wires[id] else { return }
        wire.isFed = true
        core.feed(wire)
        wire.drain()
    }

    private func release(_ id: ClientMachine.ConnectionID) {
        guard let wire = wires[id] else { return }
        wire.isFed = false
        let sids = core.subscriptions.withLock { $0.sids }
        core.outbox.release(into: &wire.writing) { text in
            for sid in sids { FrameWriter.unsubscribe(sid: sid, into: &text) }
        }
        wire.drain()
    }

    private func settle(_ id: ClientMachine.ConnectionID) {
        guard let wire = wires[id] else { return }
        wire.isFed = false
        core.outbox.lost(unsent: wire.takeUnsent())
    }

    private func passPong(_ id: ClientMachine.ConnectionID) {
        for notice in core.outbox.pongReceived() {
            switch notice {
            case .parted: input { $0.parted(id, now: MonotonicClock.now) }
            case .subscribed(let sid): core.subscribed(upTo: sid)
            case .flushed, .flushFailed, .settled: break
            }
        }
    }
}

extension SubscriptionTable.Resubscription {
    /// Appends SUB, and UNSUB with the rest of its count if it has one.
    func write(into writer: inout ByteWriter) {
        FrameWriter.subscribe(sid: sid, pattern, queueGroup: queueGroup, into: &writer)
        if let remaining { FrameWriter.unsubscribe(sid: sid, max: remaining, into: &writer) }
    }
}
