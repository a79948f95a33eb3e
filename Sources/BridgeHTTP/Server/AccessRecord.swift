internal import BridgeBytes

/// One request and what became of it, for the access log.
struct AccessRecord: Sendable, Hashable {
    /// The address that it came from, without the port.
    var peer: String
    /// Empty when there was no well-formed request.
    var method = ""
    var target = ""
    var correlationID = ""
    /// 0 when it was never answered.
    var status = 0
    /// Bytes of the request's body that were read.
    var received = 0
    /// Bytes of the answer that were written, its head included.
    var sent = 0
    var duration: Duration
    /// Whether the answer was written to its end.
    var isWhole: Bool
}
