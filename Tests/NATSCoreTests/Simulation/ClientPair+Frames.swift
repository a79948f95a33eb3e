import BridgeBytes
import NATSCore
import NATSWire

/// What comes and goes on the lines.
extension ClientPair {
    func clientReads(_ line: Int, _ bytes: Bytes) {
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

    func received(_ frame: Frame, _ id: ConnectionID, _ wire: Wire) {
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

    func isolate() {
        let longest = table.resubscriptions.filter { $0.sid > confirmedSID }
            .max { $0.pattern.text.utf8.count < $1.pattern.text.utf8.count }
        let published = queue.longestUnconfirmedLine
        if let longest, longest.pattern.text.utf8.count >= max(published, 256) {
            refuse(longest.sid)
        } else if published > 0 {
            queue.longestLineRefused()
        }
    }

    func serverReads(_ line: Int, _ bytes: Bytes) {
        guard let server = network.lines[line]?.server else { return }
        for step in server.received(bytes, rules) { serverStep(line, step) }
        scheduleServer(line)
    }

    func serverTimer(_ line: Int) {
        guard let step = network.lines[line]?.server.timerDue(now: now) else { return }
        serverStep(line, step)
        scheduleServer(line)
    }

    func scheduleServer(_ line: Int) {
        guard let deadline = network.lines[line]?.server.deadline else { return }
        network.after(max(.zero, deadline - now), .serverTimer(line))
    }

    func serverStep(_ line: Int, _ step: PairServer.Step) {
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
