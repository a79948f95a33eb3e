internal import BridgeBytes
internal import NATSCore
internal import NATSWire

/// A published message as it is kept until its answer comes: no more than is needed to send it
/// again, since a window may hold a hundred thousand.
struct UnansweredMessage: Sendable {
    let payload: Bytes
    let subject: Subject
    /// Those of the options included.
    let headers: Headers

    init(_ request: PublishRequest) {
        payload = request.payload
        subject = request.subject
        headers = request.options.apply(to: request.headers)
    }
}
