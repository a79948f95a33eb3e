public import BridgeBytes

/// A type with a meaning beyond that of its storage, as a field's metadata states it.
///
///     Field("id", extension: .uuid)
///     Field("price", extension: ExtensionType("shop.money", storage: .int64))
///
/// Readers that do not know the name see the storage. A field keeps the name and its parameters
/// whether anybody knows them or not, and passes them on.
public struct ExtensionType: Sendable, Hashable {
    /// The name, such as `arrow.uuid`.
    public var name: String
    /// The type of the values as they are stored.
    public var storage: DataType
    /// The parameters, in a form of the type's own; empty when it has none.
    public var parameters: Bytes

    /// A type with its parameters.
    public init(_ name: String, storage: DataType, parameters: some BytesConvertible = Bytes()) {
        self.name = name
        self.storage = storage
        self.parameters = parameters.bytes
    }

    /// Identifiers of 16 bytes.
    public static let uuid = ExtensionType("arrow.uuid", storage: .fixedSizeBinary(width: 16))
    /// JSON as text.
    public static let json = ExtensionType("arrow.json", storage: .utf8)
    /// Booleans of a byte each.
    public static let bool8 = ExtensionType("arrow.bool8", storage: .int8)

    static let nameKey = "ARROW:extension:name"
    static let parametersKey = "ARROW:extension:metadata"
}

extension Field {
    /// A field of an extension type.
    public init(
        _ name: String, extension type: ExtensionType, isNullable: Bool = true,
        metadata: Metadata = Metadata()
    ) {
        var metadata = metadata
        metadata.entries += [
            Metadata.Entry(key: ExtensionType.nameKey, value: type.name),
            Metadata.Entry(key: ExtensionType.parametersKey, value: type.parameters),
        ]
        self.init(name, type.storage, isNullable: isNullable, metadata: metadata)
    }

    /// The extension type that the field's metadata states; nil when it states none.
    public var extensionType: ExtensionType? {
        guard let name = metadata?[ExtensionType.nameKey], !name.isEmpty else { return nil }
        return ExtensionType(
            name, storage: type, parameters: metadata?.bytes(ExtensionType.parametersKey) ?? Bytes()
        )
    }
}

/// Texts of the values of extension types, for printing: those of the format's own types, and what
/// is registered. Values of other names are shown as their storage.
///
///     var extensions = ExtensionRegistry()
///     extensions.register("shop.money") { column, row in
///         (try? column.number(Int64.self, at: row)).flatMap(\.self).map { "\($0) cents" }
///     }
///     print(table.formatted(TableFormat(extensions: extensions)))
public struct ExtensionRegistry: Sendable {
    /// The text of a value; nil to show its storage.
    public typealias Text = @Sendable (_ column: Column, _ position: Int) -> String?

    private var texts: [String: Text] = [:]

    /// The types of the format: `arrow.uuid`, `arrow.bool8`.
    public init() {
        register("arrow.uuid") { column, position in
            guard case .fixedSizeBinary(width: 16) = column.type,
                let bytes = try? column.bytes(at: position)
            else { return nil }
            let digits = Array(Hex.string(bytes.span))
            let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
            return groups.joined(separator: "-")
        }
        register("arrow.bool8") { column, position in
            guard let value = try? column.number(Int8.self, at: position) else { return nil }
            return value == 0 ? "false" : "true"
        }
    }

    /// Sets how the values of a type are shown.
    public mutating func register(_ name: String, text: @escaping Text) { texts[name] = text }

    /// The text of a value of a field; nil when nobody knows its type, or the value is null.
    func text(_ name: String, _ column: Column, _ position: Int) -> String? {
        column.isNull(at: position) ? nil : texts[name]?(column, position)
    }
}
