import BridgeBytes
import BridgeSockets
import NATSCore
import NATSWire
import TestKit

/// A client's machines (`ClientMachine`, `OutboxQueue`, `SubscriptionTable`) and models of a
/// cluster's servers, joined by a network, in virtual time.
///
/// ## Theory of operation
/// Nothing waits, so that hours of protocol pass in milliseconds, and one seed decides all of it.
/// The client is the product's own machines and parser; only what carries actions out is made
/// here, as `ClientDriver` and `Wire` do it. Its kernel takes as many bytes at a time as the seed
/// says, and sometimes none for a while. What servers have taken and refused is written down by
/// them (`taken`, `refused`), which is the truth that the client's words are held to:
///
/// - a message that is told as sent was taken; one that is lost or denied was not;
/// - every message is taken at most once;
/// - a flush that succeeds covers no message that was not taken or refused, but for those that an
///   earlier flush has told of;
/// - every flush and every receipt that is waited for ends exactly once;
/// - actions come in an order that makes sense: see `Fault`.
final class ClientPair {
    typealias ConnectionID = ClientMachine.ConnectionID

    /// One connection as the driver holds it.
    final class Wire {
        let line: Int?
        let server: ServerURL
        var parser = FrameParser()
        var buffer = ReceiveBuffer(chunk: 256, limit: 1 << 20)
        var writing = SendBuffer(capacity: 0)
        var isFed = false
        var isBlocked = false
        var isOver = false

        init(line: Int?, server: ServerURL) {
            self.line = line
            self.server = server
        }
    }

    enum Seen: Equatable {
        case done
        case failed(SendLedger.Shortfall)
    }

    var network: PairNetwork
    var machine: ClientMachine
    var queue = OutboxQueue()
    var table = SubscriptionTable()
    var wires: [ConnectionID: Wire] = [:]
    var actions = Fifo<ClientMachine.Action>()
    var isActing = false
    var lineCount = 0
    var target: ServerURL?

    // The cluster.
    var rules = PairServer.Rules()
    var down: Set<String> = []
    var leaving: Set<String> = []
    var refusesCredentials = false
    var taken: [String: Int] = [:]
    var refused: [String: Int] = [:]

    // What was seen.
    var faults: [String] = []
    var attempts: [(time: Duration, host: String)] = []
    var losses: [(time: Duration, reason: ConnectionMachine.CloseReason)] = []
    var fed: ConnectionID?
    /// Whether the last words of the connection that was fed have been heard.
    var hasParted = false
    var gone: [ConnectionID] = []
    var feeds = 0
    var moves = 0
    var ends: [ClientMachine.End] = []
    var isFinished = false
    var pings = 0
    var flushes: [UInt64: [Seen]] = [:]
    var receipts: [UInt64: [PublishOutcome]] = [:]
    var refusedSIDs: Set<Int> = []
    var confirmedSID = 0
    var unnamedRefusals = 0
    var lastSID = 0
    /// What a connection has subscribed to beside the one in use.
    var joined: (connection: ConnectionID, sids: Set<Int>, refusals: Int)?
    /// For each message, by its number, what it is and how it was published.
    var messages: [(subject: String, payload: String, way: Way)] = []
    var flushMarks: [UInt64: (mark: Int, told: Int)] = [:]
    var toldUpTo = 0
    var nextID: UInt64 = 1

    init(
        seed: UInt64, servers: [String] = ["a", "b", "c"],
        _ change: (inout ClientMachine.Configuration) -> Void = { _ in }
    ) {
        network = PairNetwork(seed: seed)
        var configuration = ClientMachine.Configuration()
        configuration.pool.retriesFirstConnect = true
        configuration.pool.maxAttempts = nil
        change(&configuration)
        machine = ClientMachine(
            servers: servers.map { ServerURL(host: $0) }, configuration: configuration, seed: seed)
        input { $0.start(now: .zero) }
    }

    var now: Duration { network.now }
    // MARK: Time

    func run(until end: Duration) {
        while let event = network.next(until: end) { handle(event) }
    }

    func handle(_ event: PairNetwork.Event) {
        switch event {
        case .toServer(let line, let bytes): serverReads(line, bytes)
        case .toClient(let line, let bytes): clientReads(line, bytes)
        case .serverGone(let line):
            network.lines[line] = nil
            if let id = id(of: line) { ended(id, .peerClosed) }
        case .writable(let line):
            guard let id = id(of: line), let wire = wires[id] else { return }
            wire.isBlocked = false
            drain(id, wire)
        case .clientTimer:
            input { $0.timerDue(now: now) }
        case .serverTimer(let line): serverTimer(line)
        case .opened(let number, let server): opened(ConnectionID(number), server)
        case .refused(let number): ended(ConnectionID(number), .transportFailed("refused"))
        case .prepared(let token):
            input { $0.prepared(token: token, .success(.init(ways: 1)), now: now) }
        }
    }

    func id(of line: Int) -> ConnectionID? { wires.first { $0.value.line == line }?.key }

    // MARK: The driver

    func input(_ input: (inout ClientMachine) -> [ClientMachine.Action]) {
        for action in input(&machine) { actions.append(action) }
        guard !isActing else { return }
        isActing = true
        while let action = actions.popFirst() { perform(action) }
        isActing = false
        for id in gone {
            wires[id] = nil
            if fed == id {
                if ends.isEmpty { fault("\(id) is gone and not settled") }
                fed = nil
            }
        }
        gone = []
        if let deadline = machine.deadline { network.wakeClient(at: deadline) }
    }

    func perform(_ action: ClientMachine.Action) {
        switch action {
        case .askTarget(let token, _): input { $0.targetChosen(token: token, nil, now: now) }
        case .askDelay(let token, _): input { $0.delayGiven(token: token, nil, now: now) }
        case .prepare(let token, let server):
            target = server
            network.after(.milliseconds(1), .prepared(token))
        case .open(let id, _, _): open(id)
        case .authenticate(let id, _): input { $0.authenticated(id, nil) }
        case .checkCredentials: break
        case .secure(let id): fault("\(id) is to be covered, and nobody asked for that")
        case .sendConnect(let id, _, let pings):
            write(id) {
                $0.append("CONNECT {}\r\n")
                for _ in 0..<pings { FrameWriter.ping(into: &$0) }
            }
        case .sendPing(let id):
            pings += 1
            write(id) { FrameWriter.ping(into: &$0) }
        case .sendPong(let id): write(id) { FrameWriter.pong(into: &$0) }
        case .appendPing:
            pings += 1
            _ = queue.appendPing(.keepAlive)
            drainFed()
        case .appendPong:
            _ = queue.appendControl { FrameWriter.pong(into: &$0) }
            drainFed()
        case .subscribe(let id): subscribe(id)
        case .feed(let id): feed(id)
        case .release(let id): release(id)
        case .settle(let id): settle(id)
        case .close(let id): ended(id, .requested)
        case .passPong(let id): passPong(id)
        case .update: break
        case .report(let id, let error): report(error, id)
        case .tell(let news): tell(news)
        case .end(let end):
            ends.append(end)
            note(queue.close())
            // Those who wait for a flush are all told that the client is closed.
            for id in flushes.keys where flushes[id]?.isEmpty ?? false {
                flushes[id] = [.failed(SendLedger.Shortfall())]
            }
        case .finish:
            let open = wires.values.count { !$0.isOver }
            if isFinished || open > 0 { fault("finished with \(open) connections") }
            isFinished = true
        }
    }

    func open(_ id: ConnectionID) {
        guard let server = target else { return fault("opens nothing") }
        attempts.append((now, server.host))
        let isUp = !down.contains(server.host)
        network.after(
            PairNetwork.latency, isUp ? .opened(id.number, server) : .refused(id.number))
        wires[id] = Wire(line: isUp ? lineCount + 1 : nil, server: server)
        if isUp { lineCount += 1 }
    }

    func opened(_ id: ConnectionID, _ server: ServerURL) {
        guard let line = wires[id]?.line else { return }
        guard !down.contains(server.host) else { return ended(id, .transportFailed("refused")) }
        network.lines[line] = PairNetwork.Line(
            server: PairServer(now: now, refuses: refusesCredentials), host: server.host)
        network.send(
            toClient: line,
            PairServer.info(rules, isLameDuck: leaving.contains(server.host)))
        scheduleServer(line)
    }

    func write(_ id: ConnectionID, _ write: (inout ByteWriter) -> Void) {
        guard let wire = wires[id] else { return }
        if wire.isFed { fault("writes beside the outbox on \(id)") }
        write(&wire.writing.text)
        drain(id, wire)
    }

    func drainFed() {
        guard let fed, let wire = wires[fed], !wire.isOver else { return }
        drain(fed, wire)
    }

    /// Has the kernel take bytes, as many as it likes.
    func drain(_ id: ConnectionID, _ wire: Wire) {
        guard let line = wire.line else { return }
        while !wire.isBlocked {
            let rest = wire.writing.count - wire.writing.sent
            if rest == 0 {
                wire.writing.removeAll()
                guard wire.isFed, queue.take(into: &wire.writing) != nil else { return }
                continue
            }
            let count =
                Int.random(in: 0..<8, using: &network.random) == 0
                ? Int.random(in: 0...rest, using: &network.random) : rest
            let start = wire.writing.sent
            let bytes = Bytes(copying: wire.writing.text.span.extracting(start..<start + count))
            wire.writing.advance(by: count)
            network.send(toServer: line, bytes)
            machine.writeProgressed(id)
            guard count < rest else { continue }
            wire.isBlocked = true
            machine.writeBlocked(id, now: now)
            network.after(
                .milliseconds(Int.random(in: 1...400, using: &network.random)), .writable(line))
        }
    }

    func subscribe(_ id: ConnectionID) {
        let items = table.resubscriptions
        joined = (id, Set(items.map(\.sid)), 0)
        write(id) { writer in
            for item in items { FrameWriter.subscribe(sid: item.sid, item.pattern, into: &writer) }
            FrameWriter.ping(into: &writer)
        }
    }

    func feed(_ id: ConnectionID) {
        if let fed, !hasParted { fault("feeds \(id) while \(fed) is fed") }
        guard let wire = wires[id] else { return fault("feeds \(id), which is gone") }
        fed = id
        hasParted = false
        feeds += 1
        wire.isFed = true
        confirmedSID = 0
        unnamedRefusals = 0
        let own = joined.flatMap { $0.connection == id ? $0 : nil }
        let made = own?.sids ?? []
        joined = nil
        for sid in made.sorted().suffix(own?.refusals ?? 0) { refuse(sid) }
        let items = table.resubscriptions
        note(
            queue.feed(maxPayload: rules.maxPayload) { writer in
                for item in items where !made.contains(item.sid) {
                    FrameWriter.subscribe(sid: item.sid, item.pattern, into: &writer)
                }
                for sid in made.subtracting(items.map(\.sid)).sorted() {
                    FrameWriter.unsubscribe(sid: sid, into: &writer)
                }
                return lastSID
            })
        drain(id, wire)
    }

    func release(_ id: ConnectionID) {
        guard fed == id, let wire = wires[id] else { return fault("releases \(id)") }
        wire.isFed = false
        queue.release(into: &wire.writing) { text in
            for item in table.resubscriptions {
                FrameWriter.unsubscribe(sid: item.sid, into: &text)
            }
        }
        drain(id, wire)
    }

    func settle(_ id: ConnectionID) {
        guard fed == id, let wire = wires[id] else { return fault("settles \(id)") }
        fed = nil
        hasParted = false
        wire.isFed = false
        note(queue.lost(unsent: wire.writing))
    }

    func ended(_ id: ConnectionID, _ reason: ConnectionMachine.CloseReason) {
        guard let wire = wires[id], !wire.isOver else { return }
        wire.isOver = true
        if let line = wire.line { network.lines[line] = nil }
        gone.append(id)
        input { $0.connectionEnded(id, reason, wasSlow: false, now: now) }
    }

    func passPong(_ id: ConnectionID) {
        for notice in note(queue.pongReceived()) {
            switch notice {
            case .parted:
                moves += 1
                hasParted = true
                input { $0.parted(id, now: now) }
            case .subscribed(let sid): confirm(sid)
            case .flushed, .flushFailed, .settled: break
            }
        }
        drainFed()
    }

    func tell(_ news: ClientMachine.News) {
        if case .lost(let loss) = news { losses.append((now, loss.reason)) }
    }

    func report(_ error: ServerError, _ id: ConnectionID) {
        switch error.operation {
        case .publish, .publishWithReply:
            if let operation = error.operation { queue.messageRefused(operation) }
        case .subscribe(let subject, let group, let sid):
            for sid in table.refused(subject: subject, queueGroup: group, sid: sid) { refuse(sid) }
        case nil:
            guard joined?.connection != id else {
                joined?.refusals += 1
                return
            }
            unnamedRefusals += 1
            _ = queue.appendPing(.keepAlive)
        }
        drainFed()
    }

    func confirm(_ sid: Int) {
        let open = table.resubscriptions.map(\.sid).filter { $0 > confirmedSID && $0 <= sid }
        for sid in open.suffix(unnamedRefusals) { refuse(sid) }
        confirmedSID = sid
        unnamedRefusals = 0
    }

    func refuse(_ sid: Int) {
        _ = table.unsubscribe(sid)
        refusedSIDs.insert(sid)
    }

    /// Writes down what those who wait are told; returns the rest.
    @discardableResult
    func note(_ notices: [SendLedger.Notice]) -> [SendLedger.Notice] {
        for notice in notices {
            switch notice {
            case .flushed(let id):
                flushes[id, default: []].append(.done)
                checkFlush(id)
            case .flushFailed(let id, let shortfall):
                flushes[id, default: []].append(.failed(shortfall))
                toldUpTo = max(toldUpTo, flushMarks[id]?.mark ?? 0)
            case .settled(let waiter, let outcome):
                receipts[waiter, default: []].append(outcome)
            case .parted, .subscribed: break
            }
        }
        return notices.filter {
            switch $0 {
            case .parted, .subscribed: true
            case .flushed, .flushFailed, .settled: false
            }
        }
    }
}
