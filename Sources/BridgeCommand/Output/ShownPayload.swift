internal import BridgeConsole
internal import NATSBridge
internal import NATSWire

/// What is shown of one payload of a received message.
enum ShownPayload: Sendable {
    /// Its value, which is made while it is written.
    case value
    /// The file that holds its bytes.
    case file(String)
    /// Why it cannot be had.
    case failed(CommandFailure)

    var failure: CommandFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

/// Where a message came from: its subject and, in a stream, its place there.
struct MessagePlace: Sendable {
    let subject: String
    /// The sequence number in the stream; nil outside of one.
    let sequence: UInt64?
    /// How often it was delivered, this time included.
    let deliveryCount: Int

    init(subject: String, sequence: UInt64? = nil, deliveryCount: Int = 1) {
        self.subject = subject
        self.sequence = sequence
        self.deliveryCount = deliveryCount
    }

    /// The place of an element of a subscription; what failed may know no subject of its own.
    init(of element: Result<Received, BridgeError>, on pattern: String) {
        switch element {
        case .success(let message): self.init(subject: message.subject.text)
        case .failure(let error):
            self.init(subject: error.subject.isEmpty ? pattern : error.subject)
        }
    }

    /// The place of an element of a replay; where messages are missing it is the stream's.
    init(of element: ReplayedMessages.Results.Element, in stream: String) {
        self.init(
            subject: element.subject?.text ?? stream, sequence: element.position?.sequence,
            deliveryCount: element.position?.deliveryCount ?? 1)
    }
}
