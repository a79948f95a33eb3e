/// Custom metadata of a schema, a field or a message: pairs of text in the order of the stream.
/// Keys may repeat. Bytes that are not UTF-8 come as U+FFFD.
public struct Metadata: Sendable, Hashable {
    /// One pair.
    public struct Entry: Sendable, Hashable {
        /// The name, such as `ARROW:extension:name`.
        public var key: String
        /// The text under that name.
        public var value: String

        /// A pair of a key and a value.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The pairs, in order.
    public var entries: [Entry]

    /// Metadata made of pairs.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// Whether there is no pair.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first pair with that key.
    public subscript(key: String) -> String? { entries.first { $0.key == key }?.value }
}

extension Metadata: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }
}

/// A named column of a schema, or a named child of a nested type.
public struct Field: Sendable, Hashable {
    /// The name; may be empty, and need not be unique.
    public var name: String
    /// The type of the values.
    public var type: DataType
    /// Whether values may be null.
    public var isNullable: Bool
    /// Custom metadata, such as the name of an extension type; nil when the stream has none.
    public var metadata: Metadata?

    /// A field of a name and a type.
    public init(
        _ name: String, _ type: DataType, isNullable: Bool = true, metadata: Metadata? = nil
    ) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.metadata = metadata
    }
}

/// The fields of a table, with custom metadata.
public struct Schema: Sendable, Hashable {
    /// The columns, in order.
    public var fields: [Field]
    /// Custom metadata of the whole; nil when the stream has none.
    public var metadata: Metadata?

    /// A schema of fields.
    public init(_ fields: [Field], metadata: Metadata? = nil) {
        self.fields = fields
        self.metadata = metadata
    }

    /// Position of the first field with that name.
    public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

    /// Whether two fields have the same name.
    public var hasDuplicateNames: Bool { Set(fields.map(\.name)).count < fields.count }
}

extension Schema: CustomStringConvertible {
    /// One line per field, children indented.
    public var description: String {
        fields.map(\.description).joined(separator: "\n")
    }
}

extension Field: CustomStringConvertible {
    /// Name, type and whether nulls are ruled out; children on lines of their own, indented.
    public var description: String {
        var lines: [String] = []
        func append(_ field: Field, depth: Int) {
            let indent = String(repeating: "  ", count: depth)
            let null = field.isNullable ? "" : " not null"
            lines.append("\(indent)\(field.name): \(field.type)\(null)")
            for child in field.type.children { append(child, depth: depth + 1) }
        }
        append(self, depth: 0)
        return lines.joined(separator: "\n")
    }
}

extension Metadata: CustomStringConvertible {
    /// The pairs as `key: value`, in order.
    public var description: String {
        "[\(entries.map { "\($0.key): \($0.value)" }.joined(separator: ", "))]"
    }
}
