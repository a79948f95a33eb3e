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
    /// One line for each field.
    public var description: String {
        fields.map(\.description).joined(separator: "\n")
    }
}

extension Field: CustomStringConvertible {
    /// Name and type, and whether nulls are ruled out: `points: list<item: float64> not null`.
    public var description: String { "\(name): \(type)\(isNullable ? "" : " not null")" }
}
