/// What a reader accepts before it gives up on an envelope. Reaching a limit is an error with
/// code `limitExceeded`, never silence.
public struct EnvelopeLimits: Sendable, Hashable {
    /// Largest body, in bytes: the largest message that a NATS server can be told to allow.
    public var maxBytes = 64 << 20
    /// Most payloads of one envelope.
    public var maxPayloads = 4096
    /// Largest text field, in bytes; `data` is no text field unless it is a link.
    public var maxFieldBytes = 64 << 10
    /// Most arrays and objects inside one another, those of the envelope counted.
    public var maxDepth = 64

    /// The limits that are used when none are given.
    public static let `default` = EnvelopeLimits()

    /// The default limits.
    public init() {}
}
