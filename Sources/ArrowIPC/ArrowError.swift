public import BridgeBytes

/// Why an Arrow stream, or a request to a column, was refused.
public struct ArrowError: CodedError, Hashable {
    /// Where in the work it happened.
    public enum Stage: String, Sendable, Hashable {
        /// Finding the messages of the input: prefixes, lengths, heads.
        case framing
        /// Reading the schema.
        case schema
        /// Reading a record batch or a dictionary.
        case batch
        /// Undoing the compression of a body.
        case compression
        /// Using the values of a column.
        case column
        /// Turning rows into columns, or columns into rows.
        case row
        /// Putting columns and batches together, or writing them.
        case write
    }

    /// What went wrong.
    public var code: ErrorCode
    /// Where in the work it happened.
    public var stage: Stage
    /// Position in the input, in bytes from its start, where that is known.
    public var offset: Int?
    /// Path of the field concerned, such as `points.item.x`, where there is one.
    public var field: String?
    /// The sentence without field and position.
    package var message: String

    /// An error with all its parts.
    public init(
        _ code: ErrorCode, stage: Stage, offset: Int? = nil, field: String? = nil, _ message: String
    ) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.field = field
        self.message = message
    }

    /// Where in the work it happened.
    public var stageName: String { stage.rawValue }
    /// Always empty: the field and the position are parts of the detail.
    public var place: String { "" }
    /// A sentence for people, with the field and the position.
    public var detail: String {
        var text = message
        if let field { text += ", field \"\(field)\"" }
        if let offset { text += ", at byte \(offset)" }
        return text
    }
}

extension ErrorCode {
    /// The bytes are not Arrow data: empty, or of another format, which the detail names.
    public static let notArrow = ErrorCode(rawValue: "not_arrow")
    /// A message prefix or a length field is not possible.
    public static let invalidFraming = ErrorCode(rawValue: "invalid_framing")
    /// A file of the Arrow format does not end with a footer, or the footer contradicts the file.
    public static let invalidFooter = ErrorCode(rawValue: "invalid_footer")
    /// A message head is not a valid flatbuffer.
    public static let invalidFlatBuffer = ErrorCode(rawValue: "invalid_flatbuffer")
    /// The schema contradicts itself.
    public static let invalidSchema = ErrorCode(rawValue: "invalid_schema")
    /// A record batch contradicts its schema or its body.
    public static let invalidBatch = ErrorCode(rawValue: "invalid_batch")
    /// Offsets, sizes or codes inside a column point outside its data.
    public static let invalidData = ErrorCode(rawValue: "invalid_data")
    /// A message came where the stream format allows none of its kind.
    public static let unexpectedMessage = ErrorCode(rawValue: "unexpected_message")
    /// The stream holds a column type that this reader does not read.
    public static let unsupportedType = ErrorCode(rawValue: "unsupported_type")
    /// The stream uses a feature, such as a dictionary of a codec, that this reader lacks.
    public static let unsupportedFeature = ErrorCode(rawValue: "unsupported_feature")
    /// Compressed data contradicts its format, or its checksum does not match.
    public static let invalidCompression = ErrorCode(rawValue: "invalid_compression")
    /// There is no column of that name.
    public static let columnNotFound = ErrorCode(rawValue: "column_not_found")
    /// A row does not fit the columns, or a column the rows that were asked for.
    public static let invalidRow = ErrorCode(rawValue: "invalid_row")
    /// Columns or batches that do not belong together.
    public static let lengthMismatch = ErrorCode(rawValue: "length_mismatch")
}
