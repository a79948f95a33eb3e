package import BridgeBytes

/// What a subscription listens to: a subject whose tokens may be `*` (any one token) and whose
/// last token may be `>` (one token or more).
public struct SubjectPattern: Sendable, Hashable {
    /// The UTF-8 form that goes on the wire.
    package let bytes: Bytes

    /// Checks a text.
    /// - Throws: `SubjectError`, whose code is `invalidArgument`, with the position of the first
    ///   offending byte.
    /// - Complexity: O(n).
    public init(_ text: String) throws(SubjectError) {
        try self.init(utf8: Bytes(utf8: text))
    }

    package init(utf8 bytes: Bytes) throws(SubjectError) {
        try SubjectGrammar.check(bytes.span, as: .pattern)
        self.bytes = bytes
    }

    /// The pattern that matches exactly one subject.
    public init(_ subject: Subject) {
        bytes = subject.bytes
    }

    /// The pattern as text. Complexity: O(n).
    public var text: String { String(repairing: bytes) }

    /// Whether there is a `*` or `>` token in it.
    public var hasWildcards: Bool { SubjectGrammar.hasWildcard(bytes.span) }

    /// Whether a message on `subject` is delivered to this pattern. Complexity: O(n).
    public func matches(_ subject: Subject) -> Bool {
        SubjectGrammar.matches(bytes.span, subject.bytes.span)
    }
}

extension SubjectPattern: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { text }

    /// A pattern known when the program is written. Traps when it is not one.
    public init(stringLiteral value: StaticString) {
        do throws(SubjectError) {
            // Sound: the buffer of a literal lives as long as the program.
            try self.init(utf8: value.withUTF8Buffer { unsafe Bytes(copying: $0.span) })
        } catch {
            preconditionFailure("\"\(value)\" is not a subject pattern: \(error)")
        }
    }
}

/// The name under which subscribers share messages: each message goes to one member of a group.
public struct QueueGroup: Sendable, Hashable {
    /// The UTF-8 form that goes on the wire.
    package let bytes: Bytes

    /// Checks a text: not empty, no blank, no control character.
    /// - Throws: `SubjectError`, whose code is `invalidArgument`, with the position of the first
    ///   offending byte.
    /// - Complexity: O(n).
    public init(_ text: String) throws(SubjectError) {
        try self.init(utf8: Bytes(utf8: text))
    }

    package init(utf8 bytes: Bytes) throws(SubjectError) {
        try SubjectGrammar.check(bytes.span, as: .queueGroup)
        self.bytes = bytes
    }

    /// The name as text. Complexity: O(n).
    public var text: String { String(repairing: bytes) }
}

extension QueueGroup: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { text }

    /// A name known when the program is written. Traps when it is not one.
    public init(stringLiteral value: StaticString) {
        do throws(SubjectError) {
            // Sound: the buffer of a literal lives as long as the program.
            try self.init(utf8: value.withUTF8Buffer { unsafe Bytes(copying: $0.span) })
        } catch {
            preconditionFailure("\"\(value)\" is not a queue group: \(error)")
        }
    }
}
