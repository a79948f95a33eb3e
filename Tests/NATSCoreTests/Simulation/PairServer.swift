import BridgeBytes
import NATSWire

/// What a nats-server of a cluster does with one connection, as far as the promises of a client
/// are concerned: handshake, PING, messages and their refusals, subscriptions and theirs.
final class PairServer {
    enum Step: Equatable {
        case send(String)
        case close
        /// It has taken a message, by the text of its payload.
        case taken(subject: String, payload: String)
        case refused(payload: String)
        case complain(String)
    }

    /// What the cluster allows and demands now.
    struct Rules {
        /// Subjects that must not be published to.
        var denied: Set<String> = []
        /// Subjects that must not be subscribed to.
        var closed: Set<String> = []
        var maxPayload = 1 << 20
        var maxControlLine = 4096
        var maxSubscriptions = Int.max
    }

    /// The server's own defaults.
    static let pingInterval = Duration.seconds(120)
    static let maxOutstanding = 2

    private var parser = ClientFrameParser()
    private var buffer = ReceiveBuffer(chunk: 256, limit: 1 << 20)
    private var hasConnect = false
    private var outstanding = 0
    private var nextPing: Duration
    private(set) var isOver = false
    /// Whether it refuses the credentials of CONNECT.
    private let refuses: Bool
    private(set) var subscriptions: [Int: String] = [:]

    init(now: Duration, refuses: Bool) {
        nextPing = now + Self.pingInterval
        self.refuses = refuses
    }

    var deadline: Duration? { isOver ? nil : nextPing }

    static func info(_ rules: Rules, isLameDuck: Bool = false) -> String {
        "INFO {\"max_payload\":\(rules.maxPayload),\"headers\":true,\"ldm\":\(isLameDuck)}\r\n"
    }

    func received(_ bytes: Bytes, _ rules: Rules) -> [Step] {
        guard !isOver else { return [] }
        buffer.append(bytes.span)
        var steps: [Step] = []
        while !isOver {
            guard let step = try? parser.next(buffer.span) else {
                isOver = true
                return steps + [.complain("bytes that are no frame"), .close]
            }
            guard case .frame(let frame, let size) = step else { return steps }
            steps += handle(frame, size, rules)
            buffer.consume(size)
        }
        return steps
    }

    private func text(_ range: Range<Int>) -> String { String(repairing: buffer.bytes(range)) }

    private func handle(
        _ frame: ClientFrame, _ size: Int, _ rules: Rules
    ) -> [Step] {
        if case .connect = frame {
            defer { hasConnect = true }
            if refuses { return end("Authorization Violation") }
            return hasConnect ? [.complain("CONNECT twice")] : []
        }
        guard hasConnect else { return [.complain("\(frame) before CONNECT")] }
        switch frame {
        case .connect: return []
        case .ping: return [.send("PONG\r\n")]
        case .pong:
            outstanding = 0
            return []
        case .publish(let message): return publish(message, rules)
        case .subscribe(let frame):
            guard size <= rules.maxControlLine else { return end("maximum control line exceeded") }
            return subscribe(text(frame.pattern), Int(text(frame.sid)) ?? 0, rules)
        case .unsubscribe(let sid, nil):
            subscriptions[Int(text(sid)) ?? 0] = nil
            return []
        case .unsubscribe: return []
        }
    }

    private func publish(_ message: PublishFrame, _ rules: Rules) -> [Step] {
        let (subject, payload) = (text(message.subject), text(message.payload))
        guard message.payload.lowerBound <= rules.maxControlLine else {
            return end("maximum control line exceeded")
        }
        guard message.payload.count <= rules.maxPayload else {
            return end("Maximum Payload Violation")
        }
        guard !rules.denied.contains(subject) else {
            return [
                .refused(payload: payload),
                .send("-ERR 'Permissions Violation for Publish to \"\(subject)\"'\r\n"),
            ]
        }
        return [.taken(subject: subject, payload: payload)]
    }

    private func subscribe(_ pattern: String, _ sid: Int, _ rules: Rules) -> [Step] {
        guard !rules.closed.contains(pattern) else {
            return [
                .send("-ERR 'Permissions Violation for Subscription to \"\(pattern)\"'\r\n")
            ]
        }
        guard subscriptions[sid] != nil || subscriptions.count < rules.maxSubscriptions else {
            return [.send("-ERR 'maximum subscriptions exceeded'\r\n")]
        }
        subscriptions[sid] = pattern
        return []
    }

    private func end(_ words: String) -> [Step] {
        isOver = true
        return [.send("-ERR '\(words)'\r\n"), .close]
    }

    func timerDue(now: Duration) -> Step? {
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
