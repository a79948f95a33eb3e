internal import BridgeBytes

/// Writes the head of a schema message. Slots are those of `Message.fbs` and `Schema.fbs`.
enum SchemaEncoder {
    /// `MetadataVersion.V5`.
    static let version: Int16 = 4

    static func encode(_ schema: Schema) -> Bytes {
        var builder = FlatBuilder()
        let message = builder.table(
            builder.root,
            [.short(version), .byte(MessageKind.schema.rawValue), .reference, .long(0)])
        let parts = builder.table(
            message[0], [.short(0), .reference, schema.metadata.isEmpty ? .absent : .reference])
        let fields = builder.references(parts[0], count: schema.fields.count)
        for (field, reference) in zip(schema.fields, fields) {
            write(field, at: reference, to: &builder)
        }
        if parts.count > 1 { write(schema.metadata, at: parts[1], to: &builder) }
        return builder.finish()
    }

    static func write(
        _ metadata: Metadata, at reference: FlatBuilder.Reference, to builder: inout FlatBuilder
    ) {
        let entries = builder.references(reference, count: metadata.entries.count)
        for (entry, reference) in zip(metadata.entries, entries) {
            let pair = builder.table(reference, [.reference, .reference])
            builder.string(pair[0], entry.key)
            builder.string(pair[1], entry.value)
        }
    }

    private static func write(
        _ field: Field, at reference: FlatBuilder.Reference, to builder: inout FlatBuilder
    ) {
        let type = TypeParameters(field.type)
        let parts = builder.table(
            reference,
            [
                .reference, .byte(field.isNullable ? 1 : 0), .byte(type.tag.rawValue), .reference,
                .absent, .reference, field.metadata.isEmpty ? .absent : .reference,
            ])
        builder.string(parts[0], field.name)
        let inner = builder.table(parts[1], type.slots)
        if let zone = type.zone { builder.string(inner[0], zone) }
        let children = field.type.children
        let references = builder.references(parts[2], count: children.count)
        for (child, reference) in zip(children, references) {
            write(child, at: reference, to: &builder)
        }
        if parts.count > 3 { write(field.metadata, at: parts[3], to: &builder) }
    }
}

/// The tag of a type and the slots of its table. Types that are not readable have no columns, so
/// they are never written.
private struct TypeParameters {
    var tag: TypeTag
    var slots: [FlatBuilder.Slot] = []
    var zone: String?

    init(_ type: DataType) {
        switch type {
        case .int8: self.init(.int, [.int(8), .byte(1)])
        case .int16: self.init(.int, [.int(16), .byte(1)])
        case .int32: self.init(.int, [.int(32), .byte(1)])
        case .int64: self.init(.int, [.int(64), .byte(1)])
        case .uint8: self.init(.int, [.int(8), .byte(0)])
        case .uint16: self.init(.int, [.int(16), .byte(0)])
        case .uint32: self.init(.int, [.int(32), .byte(0)])
        case .uint64: self.init(.int, [.int(64), .byte(0)])
        case .float16: self.init(.floatingPoint, [.short(0)])
        case .float32: self.init(.floatingPoint, [.short(1)])
        case .float64: self.init(.floatingPoint, [.short(2)])
        case .decimal(let width, let precision, let scale):
            self.init(
                .decimal,
                [.int(Int32(precision)), .int(Int32(scale)), .int(Int32(width.rawValue))])
        case .fixedSizeBinary(let width): self.init(.fixedSizeBinary, [.int(Int32(width))])
        case .fixedSizeList(_, let count): self.init(.fixedSizeList, [.int(Int32(count))])
        case .map(_, let keysSorted): self.init(.map, [.byte(keysSorted ? 1 : 0)])
        case .date32: self.init(.date, [.short(0)])
        case .date64: self.init(.date, [.short(1)])
        case .time32(let unit): self.init(.time, [.short(unit.rawValue), .int(32)])
        case .time64(let unit): self.init(.time, [.short(unit.rawValue), .int(64)])
        case .duration(let unit): self.init(.duration, [.short(unit.rawValue)])
        case .interval(let unit): self.init(.interval, [.short(unit.rawValue)])
        case .timestamp(let unit, let zone):
            self.init(.timestamp, [.short(unit.rawValue), zone == nil ? .absent : .reference])
            self.zone = zone
        default: self.init(Self.plainTag(type), [])
        }
    }

    private init(_ tag: TypeTag, _ slots: [FlatBuilder.Slot]) {
        self.tag = tag
        self.slots = slots
    }

    /// The tag of a type whose table is empty.
    private static func plainTag(_ type: DataType) -> TypeTag {
        switch type {
        case .bool: .bool
        case .utf8: .utf8
        case .largeUTF8: .largeUTF8
        case .binary: .binary
        case .largeBinary: .largeBinary
        case .list: .list
        case .largeList: .largeList
        case .structure: .structure
        default: .null
        }
    }
}
