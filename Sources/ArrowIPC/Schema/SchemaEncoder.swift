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
        write(schema, at: message[0], to: &builder)
        return builder.finish()
    }

    static func write(
        _ schema: Schema, at reference: FlatBuilder.Reference, to builder: inout FlatBuilder
    ) {
        let parts = builder.table(
            reference, [.short(0), .reference, schema.metadata == nil ? .absent : .reference])
        let fields = builder.references(parts[0], count: schema.fields.count)
        for (field, reference) in zip(schema.fields, fields) {
            write(field, at: reference, to: &builder)
        }
        if let metadata = schema.metadata { write(metadata, at: parts[1], to: &builder) }
    }

    static func write(
        _ metadata: Metadata, at reference: FlatBuilder.Reference, to builder: inout FlatBuilder
    ) {
        let entries = builder.references(reference, count: metadata.entries.count)
        for (entry, reference) in zip(metadata.entries, entries) {
            let pair = builder.table(reference, [.reference, .reference])
            builder.string(pair[0], entry.keyBytes)
            builder.string(pair[1], entry.valueBytes)
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
                type.dictionary.isEmpty ? .absent : .reference, .reference,
                field.metadata == nil ? .absent : .reference,
            ])
        var next = parts.makeIterator()
        if let part = next.next() { builder.string(part, field.name) }
        if let part = next.next() {
            let inner = builder.table(part, type.slots)
            if let zone = type.zone { builder.string(inner[0], zone) }
            if !type.codes.isEmpty { builder.integers(inner[0], type.codes) }
        }
        if !type.dictionary.isEmpty, let part = next.next() {
            let inner = builder.table(part, type.dictionary)
            _ = builder.table(inner[0], type.index)
        }
        if let part = next.next() {
            let children = field.type.children
            let references = builder.references(part, count: children.count)
            for (child, reference) in zip(children, references) {
                write(child, at: reference, to: &builder)
            }
        }
        if let metadata = field.metadata, let part = next.next() {
            write(metadata, at: part, to: &builder)
        }
    }
}

/// The tag of a type, the slots of its table, and what its references refer to. For a dictionary
/// these are those of its values, and the encoding stands beside them.
private struct TypeParameters {
    var tag: TypeTag
    var slots: [FlatBuilder.Slot] = []
    var zone: String?
    var codes: [Int32] = []
    var dictionary: [FlatBuilder.Slot] = []
    var index: [FlatBuilder.Slot] = []

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
        case .int128: self.init(.int, [.int(128), .byte(1)])
        case .uint128: self.init(.int, [.int(128), .byte(0)])
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
        case .union(let mode, _, let typeCodes):
            let slot = typeCodes.isEmpty ? FlatBuilder.Slot.absent : .reference
            self.init(.union, [.short(mode.rawValue), slot])
            codes = typeCodes.map { Int32($0) }
        case .dictionary(let indexType, let value, let isOrdered, let id):
            self.init(value)
            dictionary = [.long(id), .reference, .byte(isOrdered ? 1 : 0)]
            index = Self(indexType).slots
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
        case .utf8View: .utf8View
        case .binaryView: .binaryView
        case .listView: .listView
        case .largeListView: .largeListView
        case .runEndEncoded: .runEndEncoded
        default: .null
        }
    }
}
