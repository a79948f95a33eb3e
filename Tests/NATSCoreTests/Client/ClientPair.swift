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
    private var actions = Fifo<ClientMachine.Action>()
    private var isActing = false
    private var lineCount = 0
    private var target: ServerURL?

    // The cluster.
    var rules = PairServer.Rules()
    var down: Set<String> = []
    var leaving: Set<String> = []
    var refusesCredentials = false
    private(set) var taken: [String: Int] = [:]
    private(set) var refused: [String: Int] = [:]

    // What was seen.
    private(set) var faults: [String] = []
    private(set) var attempts: [(time: Duration, host: String)] = []
    private(set) var losses: [(time: Duration, reason: ConnectionMachine.CloseReason)] = []
    private(set) var fed: ConnectionID?
    /// Whether the last words of the connection that was fed have been heard.
    private var hasParted = false
    private var gone: [ConnectionID] = []
    private(set) var feeds = 0
    private(set) var moves = 0
    private(set) var ends: [ClientMachine.End] = []
    private(set) var isFinished = false
    private(set) var pings = 0
    private(set) var flushes: [UInt64: [Seen]] = [:]
    private(set) var receipts: [UInt64: [PublishOutcome]] = [:]
    private(set) var refusedSIDs: Set<Int> = []
    private var confirmedSID = 0
    private var unnamedRefusals = 0
    private var lastSID = 0
    /// What a connection has subscribed to beside the one in use.
    private var joined: (connection: ConnectionID, sids: Set<Int>, refusals: Int)?
    /// For each message, by its number, what it is and how it was published.
    private(set) var messages: [(subject: String, payload: String, way: Way)] = []
    private var flushMarks: [UInt64: (mark: Int, told: Int)] = [:]
    private var toldUpTo = 0
    private var nextID: UInt64 = 1

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
    var isConnected: Bool { fed != nil }
    var host: String? { fed.flatMap { wires[$0]?.server.host } }
    var line: Int? { fed.flatMap { wires[$0]?.line } }

    func fault(_ text: String) { faults.append("\(now): \(text)") }

    // MARK: Time

    func run(until end: Duration) {
        while let event = network.next(until: end) { handle(event) }
    }

    private func handle(_ event: PairNetwork.Event) {
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
        case .prepared(let token): input { $0.prepared(token: token, .success(1), now: now) }
        }
    }

    private func id(of line: Int) -> ConnectionID? { wires.first { $0.value.line == line }?.key }

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
        if let deadline = machine.deadline {
            network.after(max(.zero, deadline - now), .clientTimer)
        }
    }

    private func perform(_ action: ClientMachine.Action) {
        switch action {
        case .askTarget(let token, _): input { $0.targetChosen(token: token, nil, now: now) }
        case .askDelay(let token, _): input { $0.delayGiven(token: token, nil, now: now) }
        case .prepare(let token, let server):
            target = server
            network.after(.milliseconds(1), .prepared(token))
        case .open(let id, _, _): open(id)
        case .sendConnect(let id, _):
            write(id) {
                $0.append("CONNECT {}\r\n")
                FrameWriter.ping(into: &$0)
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

    private func open(_ id: ConnectionID) {
        guard let server = target else { return fault("opens nothing") }
        attempts.append((now, server.host))
        let isUp = !down.contains(server.host)
        network.after(
            PairNetwork.latency, isUp ? .opened(id.number, server) : .refused(id.number))
        wires[id] = Wire(line: isUp ? lineCount + 1 : nil, server: server)
        if isUp { lineCount += 1 }
    }

    private func opened(_ id: ConnectionID, _ server: ServerURL) {
        guard let line = wires[id]?.line else { return }
        guard !down.contains(server.host) else { return ended(id, .transportFailed("refused")) }
        network.lines[line] = PairNetwork.Line(
            server: PairServer(now: now, refuses: refusesCredentials), host: server.host)
        network.send(
            toClient: line,
            PairServer.info(rules, isLameDuck: leaving.contains(server.host)))
        scheduleServer(line)
    }

    private func write(_ id: ConnectionID, _ write: (inout ByteWriter) -> Void) {
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
    private func drain(_ id: ConnectionID, _ wire: Wire) {
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

    private func subscribe(_ id: ConnectionID) {
        let items = table.resubscriptions
        joined = (id, Set(items.map(\.sid)), 0)
        write(id) { writer in
            for item in items { FrameWriter.subscribe(sid: item.sid, item.pattern, into: &writer) }
            FrameWriter.ping(into: &writer)
        }
    }

    private func feed(_ id: ConnectionID) {
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

    private func release(_ id: ConnectionID) {
        guard fed == id, let wire = wires[id] else { return fault("releases \(id)") }
        wire.isFed = false
        queue.release(into: &wire.writing) { text in
            for item in table.resubscriptions {
                FrameWriter.unsubscribe(sid: item.sid, into: &text)
            }
        }
        drain(id, wire)
    }

    private func settle(_ id: ConnectionID) {
        guard fed == id, let wire = wires[id] else { return fault("settles \(id)") }
        fed = nil
        hasParted = false
        wire.isFed = false
        note(queue.lost(unsent: wire.writing))
    }

    private func ended(_ id: ConnectionID, _ reason: ConnectionMachine.CloseReason) {
        guard let wire = wires[id], !wire.isOver else { return }
        wire.isOver = true
        if let line = wire.line { network.lines[line] = nil }
        gone.append(id)
        input { $0.connectionEnded(id, reason, wasSlow: false, now: now) }
    }

    private func passPong(_ id: ConnectionID) {
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

    private func tell(_ news: ClientMachine.News) {
        if case .lost(let loss) = news { losses.append((now, loss.reason)) }
    }

    private func report(_ error: ServerError, _ id: ConnectionID) {
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

    private func confirm(_ sid: Int) {
        let open = table.resubscriptions.map(\.sid).filter { $0 > confirmedSID && $0 <= sid }
        for sid in open.suffix(unnamedRefusals) { refuse(sid) }
        confirmedSID = sid
        unnamedRefusals = 0
    }

    private func refuse(_ sid: Int) {
        _ = table.unsubscribe(sid)
        refusedSIDs.insert(sid)
    }

    /// Writes down what those who wait are told; returns the rest.
    @discardableResult
    private func note(_ notices: [SendLedger.Notice]) -> [SendLedger.Notice] {
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

    // MARK: What a user does

    enum Way: CaseIterable { case plain, receipt, confirmed }

    /// Publishes a message of so many bytes; for a confirmed one returns its waiter.
    @discardableResult
    func publish(_ subject: Subject, size: Int, _ way: Way) -> UInt64? {
        let number = messages.count + 1
        var payload = "\(number):"
        if payload.count < size { payload += String(repeating: "x", count: size - payload.count) }
        messages.append((subject.text, payload, way))
        let bytes = Bytes(utf8: payload)
        switch way {
        case .plain: queue.append(publish: bytes, subject, replyTo: nil, headers: Headers())
        case .receipt:
            queue.append(noted: bytes, subject, replyTo: nil, headers: Headers())
        case .confirmed:
            queue.append(confirmed: bytes, subject, replyTo: nil, headers: Headers())
            return awaitReceipt(number)
        }
        drainFed()
        return nil
    }

    @discardableResult
    func awaitReceipt(_ number: Int) -> UInt64 {
        nextID += 1
        let waiter = nextID
        receipts[waiter] = []
        if let known = queue.awaitReceipt(by: waiter, of: UInt64(number)) {
            receipts[waiter] = [known]
        }
        drainFed()
        return waiter
    }

    func flush() {
        nextID += 1
        flushes[nextID] = []
        flushMarks[nextID] = (messages.count, toldUpTo)
        switch queue.flush(nextID, isBarrier: false) {
        case .ask, .wait: break
        case .fail(let shortfall): note([.flushFailed(nextID, shortfall)])
        }
        drainFed()
    }

    func subscribe(_ pattern: SubjectPattern) {
        let sid = table.add(pattern)
        lastSID = sid
        _ = queue.append(subscribe: sid) { FrameWriter.subscribe(sid: sid, pattern, into: &$0) }
        drainFed()
    }

    private func checkFlush(_ id: UInt64) {
        guard let (mark, told) = flushMarks[id] else { return }
        for number in told..<max(told, mark) {
            let payload = messages[number].payload
            if taken[payload] == nil, refused[payload] == nil {
                fault("flush \(id) covers message \(number + 1), which nobody has")
            }
        }
    }

    // MARK: Frames

    private func clientReads(_ line: Int, _ bytes: Bytes) {
        guard let id = id(of: line), let wire = wires[id] else { return }
        machine.bytesReceived(id, now: now)
        wire.buffer.append(bytes.span)
        while wires[id] === wire {
            guard let step = try? wire.parser.next(wire.buffer.span) else {
                return fault("the client cannot read")
            }
            guard case .frame(let frame, let size) = step else { return }
            received(frame, id, wire)
            wire.buffer.consume(size)
        }
    }

    private func received(_ frame: Frame, _ id: ConnectionID, _ wire: Wire) {
        switch frame {
        case .info(let range):
            guard let info = try? ServerInfo(parsing: wire.buffer.bytes(range)) else { return }
            input { $0.infoReceived(id, info, now: now) }
        case .ping: input { $0.pingReceived(id) }
        case .pong: input { $0.pongReceived(id, now: now) }
        case .error(let range):
            let error = ServerError(parsing: String(repairing: wire.buffer.bytes(range)))
            if error.kind == .maximumControlLineExceeded { isolate() }
            input { $0.errorReceived(id, error) }
        case .ok, .message: fault("the client saw \(frame)")
        }
    }

    private func isolate() {
        let longest = table.resubscriptions.filter { $0.sid > confirmedSID }
            .max { $0.pattern.text.utf8.count < $1.pattern.text.utf8.count }
        let published = queue.longestUnconfirmedLine
        if let longest, longest.pattern.text.utf8.count >= max(published, 256) {
            refuse(longest.sid)
        } else if published > 0 {
            queue.longestLineRefused()
        }
    }

    private func serverReads(_ line: Int, _ bytes: Bytes) {
        guard let server = network.lines[line]?.server else { return }
        for step in server.received(bytes, rules) { serverStep(line, step) }
        scheduleServer(line)
    }

    private func serverTimer(_ line: Int) {
        guard let step = network.lines[line]?.server.timerDue(now: now) else { return }
        serverStep(line, step)
        scheduleServer(line)
    }

    private func scheduleServer(_ line: Int) {
        guard let deadline = network.lines[line]?.server.deadline else { return }
        network.after(max(.zero, deadline - now), .serverTimer(line))
    }

    private func serverStep(_ line: Int, _ step: PairServer.Step) {
        switch step {
        case .send(let text): network.send(toClient: line, text)
        case .close: network.close(line)
        case .taken(_, let payload):
            taken[payload, default: 0] += 1
            if taken[payload] != 1 { fault("\(payload.prefix(8)) was taken twice") }
        case .refused(let payload): refused[payload, default: 0] += 1
        case .complain(let what): fault("a server complains: \(what)")
        }
    }
}
