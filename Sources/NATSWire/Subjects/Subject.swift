package import BridgeBytes

/// The name that a message is published to, such as `orders.eu.created`.
///
/// Tokens are separated by dots. A subject holds no wildcard, no blank, no control character and
/// no empty token, so that nothing can be smuggled into the protocol through it; a slash is an
/// ordinary character. The server takes `a..b` and `a.*` in a PUB without complaint and then
/// delivers to nobody or to the wrong ones, which is why the check stands here.
///
/// It is checked once, when made; copying it costs one reference count, and sending it one
/// `memcpy`.
public struct Subject: Sendable, Hashable {
    /// The UTF-8 form that goes on the wire.
    package let bytes: Bytes

    /// Checks a text.
    /// - Throws: `SubjectError`, whose code is `invalidArgument`, with the position of the first
    ///   offending byte.
    /// - Complexity: O(n).
    public init(_ text: String) throws(SubjectError) {
        try self.init(utf8: Bytes(utf8: text))
    }

    /// Checks UTF-8 bytes and shares them.
    package init(utf8 bytes: Bytes) throws(SubjectError) {
        try SubjectGrammar.check(bytes.span, as: .subject)
        self.bytes = bytes
    }

    /// Takes a subject as a server delivered it, without a check or a copy: the frame parser has
    /// seen to it that there is no blank and no end of a line in it.
    package init(received bytes: Bytes) {
        self.bytes = bytes
    }

    /// The subject as text. Complexity: O(n); bytes that are not UTF-8 become U+FFFD.
    public var text: String { String(repairing: bytes) }

    /// Number of UTF-8 bytes.
    public var count: Int { bytes.count }

    /// The same subject, checked: one that arrived as a reply address may hold wildcards.
    /// - Throws: `SubjectError`, whose code is `invalidArgument`, when it cannot be published to.
    public func validated() throws(SubjectError) -> Subject {
        try Subject(utf8: bytes)
    }

    /// The same subject in memory of its own. One that came with a message shares the memory
    /// that the message was received into; detach it before storing it for long.
    public func copied() -> Subject { Subject(received: bytes.copied()) }
}

extension Subject: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { text }

    /// A subject known when the program is written. Traps when it is not one.
    public init(stringLiteral value: StaticString) {
        do throws(SubjectError) {
            // Sound: the buffer of a literal lives as long as the program.
            try self.init(utf8: value.withUTF8Buffer { unsafe Bytes(copying: $0.span) })
        } catch {
            preconditionFailure("\"\(value)\" is not a subject: \(error)")
        }
    }
}
