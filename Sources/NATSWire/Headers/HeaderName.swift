public import BridgeBytes

/// The name of a message header: printable ASCII without blank and colon (ADR-4).
///
/// Names are compared byte by byte; case counts and is kept.
public struct HeaderName: Sendable, Hashable {
    package let bytes: Bytes

    /// Checks a text.
    /// - Throws: `SubjectError`, whose code is `invalidArgument`, with the position of the first
    ///   offending byte.
    /// - Complexity: O(n).
    public init(_ text: String) throws(SubjectError) {
        try self.init(utf8: Bytes(utf8: text))
    }

    package init(utf8 bytes: Bytes) throws(SubjectError) {
        if let (fault, offset) = Self.fault(in: bytes.span) {
            throw SubjectError(fault, in: .headerName, at: offset)
        }
        self.bytes = bytes
    }

    /// What is wrong with a name, and where; nil when nothing is.
    static func fault(in name: Span<UInt8>) -> (SubjectError.Fault, Int)? {
        guard !name.isEmpty else { return (.empty, 0) }
        guard name.count <= WireLimits.maxSubject else { return (.tooLong, WireLimits.maxSubject) }
        for position in 0..<name.count {
            let byte = name[position]
            if byte == 0x20 || byte == 0x09 { return (.blank, position) }
            if byte < 0x20 || byte == 0x7F { return (.controlCharacter, position) }
            if byte > 0x7F || byte == UInt8(ascii: ":") { return (.illegalCharacter, position) }
        }
        return nil
    }

    /// The name as text. Complexity: O(n).
    public var text: String { String(repairing: bytes) }
}

extension HeaderName: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { text }

    /// A name known when the program is written. Traps when it is not one.
    public init(stringLiteral value: StaticString) {
        do throws(SubjectError) {
            // Sound: the buffer of a literal lives as long as the program.
            try self.init(utf8: value.withUTF8Buffer { unsafe Bytes(copying: $0.span) })
        } catch {
            preconditionFailure("\"\(value)\" is not a header name: \(error)")
        }
    }
}

/// The value of a message header: any bytes but CR, LF and NUL, usually UTF-8.
///
/// Blanks at its ends do not survive the journey: readers trim them (ADR-4).
public struct HeaderValue: Sendable, Hashable {
    /// The bytes as they go on the wire or came from it.
    public let bytes: Bytes

    /// Checks a text.
    /// - Throws: `SubjectError`, whose code is `invalidArgument`, for CR, LF and NUL; nothing is
    ///   ever stripped.
    /// - Complexity: O(n).
    public init(_ text: String) throws(SubjectError) {
        try self.init(utf8: Bytes(utf8: text))
    }

    package init(utf8 bytes: Bytes) throws(SubjectError) {
        let span = bytes.span
        for position in 0..<span.count {
            let byte = span[position]
            if byte == 0x0D || byte == 0x0A || byte == 0 {
                throw SubjectError(.controlCharacter, in: .headerValue, at: position)
            }
        }
        self.bytes = bytes
    }

    /// Takes a value that the header parser has located, without a check.
    package init(received bytes: Bytes) { self.bytes = bytes }

    /// A decimal number.
    public init(_ number: some FixedWidthInteger) {
        bytes = Bytes(utf8: String(number))
    }

    /// The value as text; what is not UTF-8 becomes U+FFFD (`bytes` has it unchanged).
    /// Complexity: O(n).
    public var text: String { String(repairing: bytes) }
}

extension HeaderValue: CustomStringConvertible, ExpressibleByStringLiteral {
    public var description: String { text }

    /// A value known when the program is written. Traps when it is not one.
    public init(stringLiteral value: StaticString) {
        do throws(SubjectError) {
            // Sound: the buffer of a literal lives as long as the program.
            try self.init(utf8: value.withUTF8Buffer { unsafe Bytes(copying: $0.span) })
        } catch {
            preconditionFailure("\"\(value)\" is not a header value: \(error)")
        }
    }
}
