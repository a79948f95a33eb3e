/// The tables of the format's `Message.fbs`, `Schema.fbs` and `File.fbs`, as far as a reader needs
/// them: what lies in each slot. The verifier walks a message by these shapes; a slot that is not
/// listed is never read, so it is never followed either.
enum FlatShape {
    case message, schema, field, keyValue, dictionaryEncoding, footer
    case recordBatch, dictionaryBatch, bodyCompression
    /// A type table that holds scalars only, in slots of these sizes.
    case scalars([Int])
    case timestamp, unionType

    /// What a slot holds.
    enum Slot {
        /// A number of that many bytes.
        case scalar(Int)
        case string
        case table(FlatShape)
        case tables(FlatShape)
        /// A vector of structs or numbers of that many bytes.
        case elements(Int)
        /// A table whose shape follows from the byte in another slot.
        case union(tag: Int, shapes: @Sendable (UInt8) -> FlatShape?)
    }

    var slots: [Slot] {
        switch self {
        case .message:
            [
                .scalar(2), .scalar(1), .union(tag: 1, shapes: Self.header), .scalar(8),
                .tables(.keyValue),
            ]
        case .schema: [.scalar(2), .tables(.field), .tables(.keyValue)]
        case .footer:
            [
                .scalar(2), .table(.schema), .elements(24), .elements(24), .tables(.keyValue),
            ]
        case .field:
            [
                .string, .scalar(1), .scalar(1), .union(tag: 2, shapes: Self.type),
                .table(.dictionaryEncoding), .tables(.field), .tables(.keyValue),
            ]
        case .keyValue: [.string, .string]
        case .dictionaryEncoding: [.scalar(8), .table(.scalars([4, 1])), .scalar(1), .scalar(2)]
        case .recordBatch:
            [.scalar(8), .elements(16), .elements(16), .table(.bodyCompression), .elements(8)]
        case .dictionaryBatch: [.scalar(8), .table(.recordBatch), .scalar(1)]
        case .bodyCompression: [.scalar(1), .scalar(1)]
        case .scalars(let sizes): sizes.map { .scalar($0) }
        case .timestamp: [.scalar(2), .string]
        case .unionType: [.scalar(2), .elements(4)]
        }
    }

    /// The kinds of a message. Tensors are refused by their tag, so their tables are not walked.
    @Sendable private static func header(_ tag: UInt8) -> FlatShape? {
        switch MessageKind(rawValue: tag) {
        case .schema: .schema
        case .dictionaryBatch: .dictionaryBatch
        case .recordBatch: .recordBatch
        default: nil
        }
    }

    @Sendable private static func type(_ tag: UInt8) -> FlatShape? {
        switch TypeTag(rawValue: tag) {
        case .int: .scalars([4, 1])
        case .floatingPoint, .date, .interval, .duration: .scalars([2])
        case .decimal: .scalars([4, 4, 4])
        case .time: .scalars([2, 4])
        case .timestamp: .timestamp
        case .union: .unionType
        case .fixedSizeBinary, .fixedSizeList: .scalars([4])
        case .map: .scalars([1])
        case nil: nil
        default: .scalars([])
        }
    }
}

/// `MessageHeader` of `Message.fbs`.
enum MessageKind: UInt8 {
    case schema = 1
    case dictionaryBatch = 2
    case recordBatch = 3
    case tensor = 4
    case sparseTensor = 5
}

/// `Type` of `Schema.fbs`.
enum TypeTag: UInt8 {
    case null = 1
    case int = 2
    case floatingPoint = 3
    case binary = 4
    case utf8 = 5
    case bool = 6
    case decimal = 7
    case date = 8
    case time = 9
    case timestamp = 10
    case interval = 11
    case list = 12
    case structure = 13
    case union = 14
    case fixedSizeBinary = 15
    case fixedSizeList = 16
    case map = 17
    case duration = 18
    case largeBinary = 19
    case largeUTF8 = 20
    case largeList = 21
    case runEndEncoded = 22
    case binaryView = 23
    case utf8View = 24
    case listView = 25
    case largeListView = 26
}
