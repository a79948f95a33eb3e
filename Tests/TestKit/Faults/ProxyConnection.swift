import Foundation

/// Both sockets and both flows of one proxied connection.
///
/// Each flow reads from its source until that ends. A flow that is over (its end was passed on,
/// or the connection was cut) reads on and throws away, so that closing the socket later is an
/// orderly end and no reset. The connection goes when both flows are over and both sources have
/// ended.
struct ProxyConnection {
    /// One direction: where bytes come from, where they go to, what happens in between.
    private struct Lane {
        let source: Int32
        let target: Int32
        var flow: ToxicFlow
        var isOver = false
        var sourceEnded = false
        /// The kernel took nothing; wait until the target can be written.
        var isBlocked = false

        var wantsInput: Bool { !sourceEnded && (isOver || flow.wantsInput) }
    }

    /// Reads of one direction in one turn; then the others get theirs.
    private static let readsPerTurn = 16

    private var lanes: [FlowDirection: Lane]
    private let client: Int32
    private let server: Int32
    private(set) var isClosed = false

    init(client: Int32, server: Int32, toxics: [FlowDirection: Toxics]) {
        self.client = client
        self.server = server
        lanes = [
            .toServer: Lane(
                source: client, target: server, flow: ToxicFlow(toxics[.toServer] ?? Toxics())),
            .toClient: Lane(
                source: server, target: client, flow: ToxicFlow(toxics[.toClient] ?? Toxics())),
        ]
    }

    func passed(_ direction: FlowDirection) -> Int { lanes[direction]?.flow.passed ?? 0 }

    mutating func set(_ toxics: Toxics, _ direction: FlowDirection) {
        lanes[direction]?.flow.set(toxics)
    }

    /// What poll shall wait for: one entry for each socket with the same order in each call.
    func interest() -> [pollfd] {
        var entries: [pollfd] = []
        for (descriptor, direction) in [(client, FlowDirection.toServer), (server, .toClient)] {
            let other: FlowDirection = direction == .toServer ? .toClient : .toServer
            var events = Int16(0)
            if lanes[direction]?.wantsInput == true { events |= Int16(POLLIN) }
            if lanes[other]?.isBlocked == true { events |= Int16(POLLOUT) }
            // A broken socket is reported whatever is asked for: leave it out when nothing is.
            if events != 0 {
                entries.append(pollfd(fd: descriptor, events: events, revents: 0))
            }
        }
        return entries
    }

    /// Reads and writes what can be now. Returns when to be called again; nil for never.
    mutating func pump(
        now: Duration, chunk: inout [UInt8], random: () -> Double
    ) -> Duration? {
        var next: Duration?
        for direction in FlowDirection.allCases {
            guard !isClosed, var lane = lanes[direction] else { return nil }
            let isAlive = Self.read(&lane, now: now, chunk: &chunk, random)
            lanes[direction] = lane
            guard isAlive else {
                end(.reset)
                return nil
            }
            if let time = write(direction, now: now) { next = min(next ?? time, time) }
        }
        if !isClosed, lanes.values.allSatisfy({ $0.isOver && $0.sourceEnded }) { closeBoth() }
        return next
    }

    /// Reads what there is and room for. Returns false when the source is broken.
    private static func read(
        _ lane: inout Lane, now: Duration, chunk: inout [UInt8], _ random: () -> Double
    ) -> Bool {
        for _ in 0..<readsPerTurn where lane.wantsInput {
            let count = LoopbackSocket.receive(lane.source, &chunk)
            if count > 0 {
                guard !lane.isOver else { continue }
                lane.flow.received(Array(chunk[..<count])[...], now: now, random: random())
            } else if count == 0 {
                lane.sourceEnded = true
                if !lane.isOver { lane.flow.ended(now: now) }
            } else {
                if errno == EAGAIN { return true }
                if errno == EINTR { continue }
                lane.sourceEnded = true
                // Whoever waits at the other side of a swallowing proxy learns nothing.
                return lane.isOver || lane.flow.toxics.swallows
            }
        }
        return true
    }

    /// Writes what is due. Returns when more will be.
    private mutating func write(_ direction: FlowDirection, now: Duration) -> Duration? {
        while !isClosed, let lane = lanes[direction], !lane.isOver {
            switch lane.flow.step(now: now) {
            case .idle: return nil
            case .wait(let time): return time
            case .finish:
                endWriting(direction)
                return nil
            case .end(let ending):
                end(ending, direction)
                return nil
            case .write(let count):
                let sent = LoopbackSocket.send(lane.target, lane.flow.next.prefix(count))
                if sent > 0 {
                    lanes[direction]?.flow.wrote(sent, now: now)
                    lanes[direction]?.isBlocked = false
                } else if errno == EAGAIN {
                    lanes[direction]?.isBlocked = true
                    return nil
                } else if errno != EINTR {
                    end(.reset)
                }
            }
        }
        return nil
    }

    /// Ends the connection, as if the cut were in the direction to the server.
    mutating func end(_ ending: Toxics.Ending) { end(ending, .toServer) }

    private mutating func end(_ ending: Toxics.Ending, _ direction: FlowDirection) {
        guard !isClosed else { return }
        switch ending {
        case .halfClose: endWriting(direction)
        case .close: for direction in FlowDirection.allCases { endWriting(direction) }
        case .reset:
            LoopbackSocket.resetOnClose(client)
            LoopbackSocket.resetOnClose(server)
            closeBoth()
        }
    }

    private mutating func endWriting(_ direction: FlowDirection) {
        guard var lane = lanes[direction], !lane.isOver else { return }
        lane.isOver = true
        lane.isBlocked = false
        lane.flow.stop()
        shutdown(lane.target, Int32(SHUT_WR))
        lanes[direction] = lane
    }

    /// Closes both sockets.
    mutating func closeBoth() {
        guard !isClosed else { return }
        isClosed = true
        close(client)
        close(server)
    }
}
