/// The bounds of what a NATS peer may make us hold.
public struct WireLimits: Sendable, Hashable {
    /// Longest control line other than INFO, in bytes, its line feed included. The server bounds
    /// what it takes to 4096 bytes (`max_control_line`); a delivered line holds the subject and
    /// reply of such a line, a subscription number and two sizes more.
    public var maxControlLine = 8192
    /// Longest INFO line in bytes. INFO lists the cluster's addresses and is not bound by
    /// `max_control_line` on its way to us.
    public var maxInfoLine = 1 << 20
    /// Largest message (headers and body together) in bytes that may be announced to us; more is
    /// an error before anything of it is buffered. 64 MiB is the most that a server can be
    /// configured for.
    public var maxPayload = 64 << 20
    /// Most header lines in one message.
    public var maxHeaderLines = 4096

    /// The default bounds.
    public init() {}

    /// The default bounds.
    public static let `default` = WireLimits()

    /// Longest subject, pattern or queue name in bytes. A PUB line holds two subjects and two
    /// numbers, so that twice this and some 50 bytes more stay under the server's 4096.
    public static let maxSubject = 2000
    /// Most digits of a number on a control line. Any number of 18 digits fits 64 bits, so that
    /// no check for overflow is needed at each digit.
    package static let maxDigits = 18
}
