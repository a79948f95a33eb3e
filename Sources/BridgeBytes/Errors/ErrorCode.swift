/// A stable name for what went wrong, for programs, logs and metrics.
///
/// One kind has one name in every layer: a server, a store and a service that stay silent are all
/// `timeout`. Where it happened is told by the error's stage. Each layer declares the names of its
/// own kinds in an extension; those that several layers share are declared beside this type.
/// `docs/errors.md` says of each what it means and what to do.
public struct ErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name: lower-case words joined by underscores.
    public let rawValue: String

    /// The code of that name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name.
    public var description: String { rawValue }
}

extension ErrorCode {
    /// Whether the same call may succeed later without anybody changing anything. After
    /// `timeout` and `disconnected` the first call may have had its effect.
    public var isTransient: Bool { Self.transient.contains(self) }

    private static let transient: Set<ErrorCode> = [
        .timeout, .disconnected, .connectionFailed, .unavailable, .noResponders, .outboxFull,
        .slowConsumer, .heartbeatMissed, .memoryExhausted,
    ]
}
