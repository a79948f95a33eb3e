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

    /// Where an empty answer is wanted at once; nil: nowhere.
    package var answer: Subject? {
        switch self {
        case .flowControl(let subject): subject
        case .heartbeat(let stalled): stalled
        case .other: nil
        }
    }
}
