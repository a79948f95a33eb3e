internal import BridgeBytes
internal import NATSWire
internal import TestKit

/// A client's machines and models of servers, joined by a network, in virtual time.
///
/// ## Theory of operation
/// Everything that will happen is an event with a time; the earliest is taken, the clock jumps to
/// it, and whoever it concerns answers with actions, which become events again. Nothing waits, so
/// that hours of protocol pass in milliseconds, and one seed decides all of it. The client is the
/// product's own machines and parser (`ReconnectMachine`, `ConnectionMachine`, `FrameParser`); the
/// servers are `ServerModel`. Bytes travel in pieces of random sizes, each after `latency`.
final class Pair {
    enum Event {
        case connect(ServerURL)
        case toServer(Int, Bytes)
        case toClient(Int, Bytes)
        case serverGone(Int)
        case clientGone(Int)
        case clientTimer
        case serverTimer(Int)
    }

    /// A connection as the network knows it.
    private struct Line {
        var server: ServerModel
        let host: String
        /// Nothing passes any more, and nobody is told.
        var isFrozen = false
        /// When each direction delivers what was sent last, so that bytes keep their order.
        var delivered = (toServer: Duration.zero, toClient: Duration.zero)
    }

    let latency = Duration.milliseconds(20)
    private(set) var now = Duration.zero
    private var events: [(time: Duration, order: Int, event: Event)] = []
    private var order = 0
    private var random: SeededGenerator
    private var lines: [Int: Line] = [:]
    private var lineCount = 0
    /// Servers that refuse connections.
    var down: Set<String> = []
    /// Whether servers refuse the credentials of new connections.
    var refuses = false

    // The client.
    private var pool: ReconnectMachine
    private let configuration: ConnectionMachine.Configuration
    private var client: PairClient?
    private var nextFlush = 1

    // What was seen.
    private(set) var attempts: [(time: Duration, host: String)] = []
    private(set) var losses: [(time: Duration, reason: ConnectionMachine.CloseReason)] = []
    private(set) var connections = 0
    private(set) var pings = 0
    private(set) var gaveUp: ReconnectMachine.GiveUpReason?
    /// For each flush, how often it was answered and how often it failed.
    private(set) var flushes: [Int: (answered: Int, failed: Int)] = [:]
    /// What a server model has to complain of.
    private(set) var complaints: [String] = []

    init(
        servers: [String], name: String,
        pool change: (inout ReconnectMachine.Configuration) -> Void = { _ in },
        configuration: ConnectionMachine.Configuration = .init()
    ) {
        random = SeededGenerator(name)
        var settings = ReconnectMachine.Configuration()
        settings.retriesFirstConnect = true
        settings.maxAttempts = nil
        change(&settings)
        pool = ReconnectMachine(
            servers: servers.map { ServerURL(host: $0) }, configuration: settings, using: &random)
        self.configuration = configuration
        attempt()
    }

    var isConnected: Bool { client?.machine.isConnected ?? false }
    var host: String? { client.flatMap { lines[$0.line]?.host } }

    // MARK: Time

    func after(_ wait: Duration, _ event: Event) {
        order += 1
        let entry = (time: now + wait, order: order, event: event)
        let index = events.firstIndex { $0.time > entry.time } ?? events.endIndex
        events.insert(entry, at: index)
    }

    /// Lets time pass up to a moment.
    func run(until end: Duration) {
        while let next = events.first, next.time <= end {
            events.removeFirst()
            now = max(now, next.time)
            handle(next.event)
        }
        now = end
    }

    private func handle(_ event: Event) {
        switch event {
        case .connect(let url): connect(url)
        case .toServer(let line, let bytes): serverReads(line, bytes)
        case .toClient(let line, let bytes): clientReads(line, bytes)
        case .serverGone(let line):
            guard let client, client.line == line else { return }
            end(client.machine.peerClosed())
        case .clientGone(let line): lines[line] = nil
        case .clientTimer: clientTimer()
        case .serverTimer(let line): serverTimer(line)
        }
    }

    // MARK: The client

    private func attempt() {
        switch pool.nextAttempt(now: now, random: Double.random(in: 0..<1, using: &random)) {
        case .connect(let url, let wait): after(wait, .connect(url))
        case .giveUp(let reason): gaveUp = reason
        }
    }

    private func connect(_ url: ServerURL) {
        attempts.append((now, url.host))
        guard !down.contains(url.host) else {
            pool.failed(.lost, now: now)
            return attempt()
        }
        lineCount += 1
        lines[lineCount] = Line(server: ServerModel(now: now, refuses: refuses), host: url.host)
        client = PairClient(line: lineCount, configuration: configuration, now: now)
        send(toClient: lineCount, "INFO {\"max_payload\":1048576,\"headers\":true}\r\n")
        scheduleTimers()
    }

    private func clientReads(_ line: Int, _ bytes: Bytes) {
        guard let client, client.line == line else { return }
        client.machine.bytesReceived(now: now)
        for frame in client.frames(of: bytes) {
            switch frame {
            case .info:
                if client.machine.infoReceived(ServerInfo()) == .sendConnectAndPing {
                    send(toServer: line, "CONNECT {}\r\nPING\r\n")
                }
            case .ping:
                if client.machine.pingReceived() == .sendPong { send(toServer: line, "PONG\r\n") }
            case .pong:
                switch client.machine.pongReceived() {
                case .connected:
                    connections += 1
                    pool.connected()
                case .flushed(let id): flushes[id.number]?.answered += 1
                case .ignore: break
                }
            case .error(let text):
                if case .close(let action) = client.machine.errorReceived(
                    ServerError(parsing: text))
                {
                    return end(action)
                }
            default: complaints.append("the client saw \(frame)")
            }
        }
        scheduleTimers()
    }

    private func clientTimer() {
        guard let client, let deadline = client.machine.deadline, deadline <= now else { return }
        switch client.machine.timerDue(now: now) {
        case .wait: break
        case .sendPing:
            pings += 1
            send(toServer: client.line, "PING\r\n")
        case .close(let action): return end(action)
        }
        scheduleTimers()
    }

    private func scheduleTimers() {
        guard let deadline = client?.machine.deadline else { return }
        after(max(.zero, deadline - now), .clientTimer)
    }

    /// Asks the server for a PONG; counts as failed at once where there is no connection.
    func flush() {
        let id = nextFlush
        nextFlush += 1
        flushes[id] = (0, 0)
        guard let client, client.machine.flushRequested(.init(id)) == .sendPing else {
            flushes[id]?.failed += 1
            return
        }
        send(toServer: client.line, "PING\r\n")
    }

    private func end(_ action: ConnectionMachine.CloseAction) {
        guard let reason = action.reason, let client else { return }
        losses.append((now, reason))
        for id in action.failing { flushes[id.number]?.failed += 1 }
        after(latency, .clientGone(client.line))
        self.client = nil
        if let failure = reason.failure { pool.failed(failure, now: now) }
        attempt()
    }

    // MARK: The servers

    private func serverReads(_ line: Int, _ bytes: Bytes) {
        guard lines[line] != nil else { return }
        let answer = lines[line]?.server.received(bytes, now: now) ?? []
        for step in answer { serverStep(line, step) }
        scheduleServer(line)
    }

    private func serverTimer(_ line: Int) {
        guard let step = lines[line]?.server.timerDue(now: now) else { return }
        serverStep(line, step)
        scheduleServer(line)
    }

    private func scheduleServer(_ line: Int) {
        guard let deadline = lines[line]?.server.deadline else { return }
        after(max(.zero, deadline - now), .serverTimer(line))
    }

    private func serverStep(_ line: Int, _ step: ServerModel.Step) {
        switch step {
        case .send(let text): send(toClient: line, text)
        case .close: close(line)
        case .complain(let what): complaints.append(what)
        }
    }

    /// Closes a connection on the server's side.
    func close(_ line: Int? = nil) {
        guard let line = line ?? client?.line, let known = lines[line] else { return }
        lines[line] = nil
        // The end comes after everything that was sent before it.
        let end = max(now + latency, known.delivered.toClient)
        if !known.isFrozen { after(end - now, .serverGone(line)) }
    }

    // MARK: The network

    /// From now on nothing passes on the client's connection, and nobody is told.
    func freeze() {
        if let client { lines[client.line]?.isFrozen = true }
    }

    /// Sends the words of a server to the client.
    func say(_ text: String) {
        if let client { send(toClient: client.line, text) }
    }

    private func send(toServer line: Int, _ text: String) {
        guard let known = lines[line], !known.isFrozen else { return }
        lines[line]?.delivered.toServer = deliver(text, after: known.delivered.toServer) {
            .toServer(line, $0)
        }
    }

    private func send(toClient line: Int, _ text: String) {
        guard let known = lines[line], !known.isFrozen else { return }
        lines[line]?.delivered.toClient = deliver(text, after: known.delivered.toClient) {
            .toClient(line, $0)
        }
    }

    /// Cuts a text into pieces that arrive one after the other; returns when the last one does.
    private func deliver(
        _ text: String, after last: Duration, _ event: (Bytes) -> Event
    ) -> Duration {
        var rest = Bytes(utf8: text)
        var time = max(now + latency, last)
        while !rest.isEmpty {
            let count = Int.random(in: 1...rest.count, using: &random)
            after(time - now, event(rest[0..<count]))
            rest = rest[count...]
            time += .microseconds(Int.random(in: 0...500, using: &random))
        }
        return time
    }
}
