internal import BridgeBytes
package import NATSCore
package import NATSWire

/// What a push consumer delivers besides messages: a status line of its own.
package enum PushSignal: Sendable, Equatable {
    /// It sends more when this subject has been answered.
    case flowControl(Subject)
    /// It lives. When it waits for an answer that was lost, that one's subject.
    case heartbeat(stalled: Subject?)
    /// It says something else, such as 409 when it is deleted.
    case other(code: Int, text: String)

    private static let controlCode = 100
    private static let stalledName: HeaderName = "Nats-Consumer-Stalled"

    /// - Returns: Nil for a message of the stream.
    package init?(_ message: NATSMessage) {
        guard message.hasHeaders, message.payload.isEmpty, let status = message.status else {
            return nil
        }
        guard status.code == Self.controlCode else {
            self = .other(code: status.code, text: status.description)
            return
        }
        if let reply = message.replyTo {
            self = .flowControl(reply)
        } else {
            let stalled = (try? message.headers)?[Self.stalledName]
            self = .heartbeat(stalled: stalled.flatMap { try? Subject($0) })
        }
    }

    /// Where the server's flow control is answered. Whoever may publish to the deliver subject
    /// could name any other, and have us say an empty word to the API.
    private static let answered = "$JS.FC."

    /// Where an empty answer is wanted at once; nil: nowhere.
    package var answer: Subject? {
        let subject: Subject? =
            switch self {
            case .flowControl(let subject): subject
            case .heartbeat(let stalled): stalled
            case .other: nil
            }
        return subject.flatMap { $0.text.hasPrefix(Self.answered) ? $0 : nil }
    }
}
