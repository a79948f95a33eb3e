internal import BridgeBytes
internal import NATSWire

/// The client's end of a `Pair`'s connection.
final class PairClient {
    enum Seen: Equatable {
        case info, ping, pong, ok, message
        case error(String)
        case malformed
    }

    let line: Int
    var machine: ConnectionMachine
    private var parser = FrameParser()
    private var buffer = ReceiveBuffer(chunk: 256, limit: 1 << 20)

    init(line: Int, configuration: ConnectionMachine.Configuration, now: Duration) {
        self.line = line
        machine = ConnectionMachine(configuration: configuration, now: now)
    }

    /// The frames that are whole with these bytes.
    func frames(of bytes: Bytes) -> [Seen] {
        buffer.append(bytes.span)
        var seen: [Seen] = []
        do throws(WireError) {
            while let next = try Self.next(&parser, &buffer) { seen.append(next) }
        } catch {
            seen.append(.malformed)
        }
        return seen
    }

    private static func next(
        _ parser: inout FrameParser, _ buffer: inout ReceiveBuffer
    ) throws(WireError) -> Seen? {
        guard case .frame(let frame, let size) = try parser.next(buffer.span) else { return nil }
        defer { buffer.consume(size) }
        switch frame {
        case .info: return .info
        case .ping: return .ping
        case .pong: return .pong
        case .ok: return .ok
        case .message: return .message
        case .error(let range): return .error(String(repairing: buffer.bytes(range)))
        }
    }
}

/// What a nats-server does with a connection, as far as its life is concerned: the handshake, the
/// answers to PING, its own PINGs, and the end of a connection that does not answer them.
struct ServerModel {
    enum Step: Equatable {
        case send(String)
        case close
        case complain(String)
    }

    /// The server's own defaults.
    static let pingInterval = Duration.seconds(120)
    static let maxOutstanding = 2

    private var text = ""
    private var hasConnect = false
    private var outstanding = 0
    private var nextPing: Duration
    private var isOver = false
    /// Whether it refuses the credentials of CONNECT.
    private let refuses: Bool

    init(now: Duration, refuses: Bool) {
        nextPing = now + Self.pingInterval
        self.refuses = refuses
    }

    var deadline: Duration? { isOver ? nil : nextPing }

    mutating func received(_ bytes: Bytes, now: Duration) -> [Step] {
        text += String(repairing: bytes)
        var steps: [Step] = []
        while !isOver, let end = text.firstIndex(of: "\r\n") {
            let line = String(text[..<end])
            text.removeSubrange(...end)
            steps += handle(line)
            isOver = isOver || steps.last == .close
        }
        return steps
    }

    private mutating func handle(_ line: String) -> [Step] {
        if line.hasPrefix("CONNECT ") {
            defer { hasConnect = true }
            if refuses { return [.send("-ERR 'Authorization Violation'\r\n"), .close] }
            return hasConnect ? [.complain("CONNECT twice")] : []
        }
        guard hasConnect else { return [.complain("\(line) before CONNECT")] }
        switch line {
        case "PING": return [.send("PONG\r\n")]
        case "PONG":
            outstanding = 0
            return []
        default: return [.complain("unknown: \(line)")]
        }
    }

    mutating func timerDue(now: Duration) -> Step? {
        guard !isOver, now >= nextPing else { return nil }
        nextPing = now + Self.pingInterval
        guard outstanding < Self.maxOutstanding else {
            isOver = true
            return .close
        }
        outstanding += 1
        return .send("PING\r\n")
    }
}
