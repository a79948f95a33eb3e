package import BridgeBytes

/// What is said about a delivery, sent to its reply subject.
package enum Acknowledgement: Sendable, Hashable {
    /// Done: never deliver it again.
    case done
    /// Not done: deliver it again, at once or after a delay.
    case notDone(delay: Duration?)
    /// Still at work: the time to acknowledge starts anew.
    case inProgress
    /// Never deliver it again although it is not done; the reason goes into an advisory.
    case terminate(reason: String?)

    /// The bytes of the message body.
    package var body: Bytes {
        switch self {
        case .done: Bytes(utf8: "+ACK")
        case .notDone(nil): Bytes(utf8: "-NAK")
        case .notDone(let delay?):
            Bytes(utf8: "-NAK {\"delay\":\(max(0, delay.wholeNanoseconds))}")
        case .inProgress: Bytes(utf8: "+WPI")
        case .terminate(nil): Bytes(utf8: "+TERM")
        case .terminate(let reason?): Bytes(utf8: "+TERM \(reason)")
        }
    }

    /// Whether the server is done with the message after it.
    package var isFinal: Bool { self != .inProgress }
}
