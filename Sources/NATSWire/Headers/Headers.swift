package import BridgeBytes

/// The headers of a message (ADR-4): names in the order and case in which they were added, each
/// with any number of values.
public struct Headers: Sendable, Hashable {
    /// One line of the header block.
    public struct Field: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// The name, in the case in which it was given.
        public let name: HeaderName
        /// The value, without the blanks around it.
        public let value: HeaderValue

        /// A line with that name and value.
        public init(_ name: HeaderName, _ value: HeaderValue) {
            self.name = name
            self.value = value
        }

        /// The name and the size of the value, which may be a secret.
        public var description: String { "\(name): \(value.bytes.count) bytes" }

        /// Does not show the value.
        public var customMirror: Mirror { Mirror(self, children: ["field": description]) }
    }

    @usableFromInline private(set) var fields: [Field] = []

    /// No headers.
    public init() {}

    init(fields: [Field]) { self.fields = fields }

    /// Number of lines; a name with two values counts twice.
    public var count: Int { fields.count }

    /// Whether there is no line.
    @inlinable public var isEmpty: Bool { fields.isEmpty }

    /// Adds a line and keeps what is there.
    public mutating func append(_ name: HeaderName, _ value: HeaderValue) {
        fields.append(Field(name, value))
    }

    /// Makes `value` the only value of `name`, at the place of the first one if there is any.
    /// Complexity: O(n).
    public mutating func set(_ name: HeaderName, _ value: HeaderValue) {
        guard let first = fields.firstIndex(where: { $0.name == name }) else {
            return append(name, value)
        }
        fields[first] = Field(name, value)
        var position = fields.count - 1
        while position > first {
            if fields[position].name == name { fields.remove(at: position) }
            position -= 1
        }
    }

    /// Removes every value of `name`. Complexity: O(n).
    public mutating func remove(_ name: HeaderName) {
        fields.removeAll { $0.name == name }
    }

    /// The first value of `name` as text, or nil; case counts. Complexity: O(n).
    public subscript(name: HeaderName) -> String? { first(name)?.text }

    /// The first value of `name`, or nil; case counts. Complexity: O(n).
    public func first(_ name: HeaderName) -> HeaderValue? {
        for field in fields where field.name == name { return field.value }
        return nil
    }

    /// Every value of `name`, in order. Complexity: O(n).
    public func values(for name: HeaderName) -> [HeaderValue] {
        fields.compactMap { $0.name == name ? $0.value : nil }
    }

    /// Size of the header block on the wire in bytes: version line, lines and blank line; 0 when
    /// there are no headers, since a message without headers has no block. It counts against
    /// the server's `max_payload`. Complexity: O(n).
    public var encodedCount: Int {
        guard !fields.isEmpty else { return 0 }
        var count = HeaderBlock.versionLine.utf8CodeUnitCount + 2
        for field in fields { count += field.name.bytes.count + 2 + field.value.bytes.count + 2 }
        return count
    }

    /// Appends the header block; nothing when there are no headers.
    package func encode(into writer: inout ByteWriter) {
        guard !fields.isEmpty else { return }
        writer.append(HeaderBlock.versionLine)
        for field in fields {
            writer.append(field.name.bytes.span)
            writer.append(": ")
            writer.append(field.value.bytes.span)
            writer.append("\r\n")
        }
        writer.append("\r\n")
    }
}

extension Headers: RandomAccessCollection, CustomStringConvertible {
    public var startIndex: Int { 0 }
    public var endIndex: Int { fields.count }
    /// The line at a position. Complexity: O(1).
    public subscript(position: Int) -> Field { fields[position] }

    /// The names only: values may be secrets.
    public var description: String { "Headers(\(fields.map(\.name.text)))" }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// Headers known when the program is written, in the order in which they stand.
    public init(dictionaryLiteral elements: (HeaderName, HeaderValue)...) {
        fields = elements.map { Field($0.0, $0.1) }
    }
}

/// The status that a server puts on the version line of a header block, such as
/// `503 No Responders` or `404 No Messages`.
public struct HeaderStatus: Sendable, Hashable, CustomStringConvertible {
    /// Three digits, with meanings like those of HTTP.
    public let code: Int
    /// The words after the code; often empty.
    public let description: String

    /// A status as a server would send it.
    public init(code: Int, description: String = "") {
        self.code = code
        self.description = description
    }

    /// Nobody listens to the subject of a request.
    public static let noRespondersCode = 503
}
