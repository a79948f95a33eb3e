internal import BridgeBytes

/// The fields (headers) of a message in the order of the wire; names compare without case.
///
/// A name is a token and a value holds no control bytes but tab, always: what breaks that is
/// refused when it is added, so nothing can be injected into a head that is written from a list.
public struct FieldList: Sendable, Hashable {
    /// One field line.
    public struct Field: Sendable, Hashable {
        /// The name as it was written.
        public let name: String
        /// The value without surrounding blanks. Octets that are not UTF-8 are read as
        /// ISO 8859-1.
        public let value: String
    }

    private var fields: [Field] = []

    /// Creates an empty list.
    public init() {}

    /// Number of field lines.
    public var count: Int { fields.count }
    /// Whether there is no field.
    public var isEmpty: Bool { fields.isEmpty }

    /// The value of the first field with this name. Complexity: O(n).
    public subscript(name: String) -> String? {
        for field in fields where Octet.equalIgnoringCase(field.name, name) { return field.value }
        return nil
    }

    /// All values of the fields with this name, in order. Complexity: O(n).
    public func values(for name: String) -> [String] {
        var values: [String] = []
        for field in fields where Octet.equalIgnoringCase(field.name, name) {
            values.append(field.value)
        }
        return values
    }

    /// Whether there is a field with this name. Complexity: O(n).
    public func contains(_ name: String) -> Bool { self[name] != nil }

    /// Adds a field after the others.
    /// - Throws: `HTTPWireError` with `invalidFieldName` when the name is not a token (RFC 9110
    ///   section 5.1), `invalidFieldValue` when the value holds a control byte (section 5.5).
    public mutating func append(name: String, value: String) throws(HTTPWireError) {
        guard Self.isValidName(name) else {
            throw HTTPWireError(.invalidFieldName, .head, "the field name is not a token")
        }
        guard Self.isValidValue(value) else {
            throw HTTPWireError(
                .invalidFieldValue, .head,
                "the value of a field holds a control byte or outer blanks")
        }
        fields.append(Field(name: name, value: value))
    }

    /// Replaces all fields of that name by one, which takes the place of the first.
    /// - Throws: As `append(name:value:)`.
    public mutating func set(name: String, value: String) throws(HTTPWireError) {
        let place = fields.firstIndex { Octet.equalIgnoringCase($0.name, name) }
        try append(name: name, value: value)
        guard let place else { return }
        let field = fields.removeLast()
        remove(name)
        fields.insert(field, at: place)
    }

    /// Removes all fields of that name.
    public mutating func remove(_ name: String) {
        fields.removeAll { Octet.equalIgnoringCase($0.name, name) }
    }

    /// Adds a field that our own code composed; a bad one is our own misuse.
    package mutating func append(_ name: StaticString, _ value: String) {
        precondition(Self.isValidValue(value), "a field value of ours holds no control bytes")
        fields.append(Field(name: "\(name)", value: value))
    }

    /// Adds a field whose octets the head parser has checked.
    package mutating func append(checked name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Whether a text is a field name: a token of RFC 9110 section 5.6.2.
    public static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(Octet.isToken)
    }

    /// Whether a text is a field value: no control byte but tab, no blank at either end.
    public static func isValidValue(_ value: String) -> Bool {
        guard let first = value.utf8.first, let last = value.utf8.last else { return true }
        return !Octet.isBlank(first) && !Octet.isBlank(last)
            && value.utf8.allSatisfy(Octet.isFieldContent)
    }

    /// The elements of all comma-separated lists under a name, trimmed; quoted strings are kept
    /// whole, empty elements left out (RFC 9110 section 5.6.1).
    package func listElements(_ name: String) -> [String] {
        values(for: name).flatMap(Self.elements)
    }

    package static func elements(_ value: String) -> [String] {
        var elements: [String] = []
        var current: [UInt8] = []
        var quoted = false
        var escaped = false
        for byte in value.utf8 {
            if quoted {
                if escaped {
                    escaped = false
                } else if byte == 0x5C {
                    escaped = true
                } else if byte == 0x22 {
                    quoted = false
                }
            } else if byte == 0x22 {
                quoted = true
            } else if byte == 0x2C {
                elements.append(trimmed(current))
                current = []
                continue
            }
            current.append(byte)
        }
        elements.append(trimmed(current))
        return elements.filter { !$0.isEmpty }
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        let range = Octet.trimmed(0..<bytes.count, of: bytes.span)
        return String(decoding: bytes[range], as: UTF8.self)
    }
}

extension FieldList: Sequence {
    /// Iterates over the fields in order.
    public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }
}

extension FieldList: CustomStringConvertible {
    /// The names only: values may be secrets.
    public var description: String {
        "FieldList(\(fields.map(\.name).joined(separator: ", ")))"
    }
}
