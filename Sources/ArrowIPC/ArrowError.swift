/// Why an Arrow stream, or a request to a column, was refused.
public struct ArrowError: Error, Sendable, Hashable {
    /// What went wrong; the raw values are stable and may be stored or shown to programs.
    public enum Code: String, Sendable, Hashable {
        /// The input ends inside a message.
        case truncated = "arrow_truncated"
        /// A message prefix or a length field is not possible.
        case invalidFraming = "arrow_invalid_framing"
        /// A message head is not a valid flatbuffer.
        case invalidFlatBuffer = "arrow_invalid_flatbuffer"
        /// The schema contradicts itself.
        case invalidSchema = "arrow_invalid_schema"
        /// A record batch contradicts its schema or its body.
        case invalidBatch = "arrow_invalid_batch"
        /// Offsets, sizes or codes inside a column point outside its data.
        case invalidData = "arrow_invalid_data"
        /// Text is not valid UTF-8.
        case invalidUTF8 = "arrow_invalid_utf8"
        /// A message came where the stream format allows none of its kind.
        case unexpectedMessage = "arrow_unexpected_message"
        /// The metadata version is one that this reader does not know.
        case unsupportedVersion = "arrow_unsupported_version"
        /// The stream holds a column type that this reader does not read.
        case unsupportedType = "arrow_unsupported_type"
        /// The stream uses a feature, such as a dictionary of a codec, that this reader has not.
        case unsupportedFeature = "arrow_unsupported_feature"
        /// Compressed data contradicts its format, or its checksum does not match.
        case invalidCompression = "arrow_invalid_compression"
        /// A named limit of `ArrowLimits` was reached.
        case limitExceeded = "arrow_limit_exceeded"
        /// The caller asked a column for values of another type.
        case typeMismatch = "arrow_type_mismatch"
        /// There is no column of that name.
        case noSuchColumn = "arrow_no_such_column"
        /// A row does not fit the columns, or a column the rows that were asked for.
        case invalidRow = "arrow_invalid_row"
        /// Columns or batches that do not belong together.
        case lengthMismatch = "arrow_length_mismatch"
    }

    /// Where in the work it happened.
    public enum Stage: String, Sendable, Hashable {
        case framing, schema, batch, compression, column, row, write
    }

    /// What went wrong.
    public var code: Code
    /// Where in the work it happened.
    public var stage: Stage
    /// Position in the input, in bytes from its start, where that is known.
    public var offset: Int?
    /// Path of the field concerned, such as `points.item.x`, where there is one.
    public var field: String?
    /// A sentence for people.
    public var message: String

    /// An error with all its parts.
    public init(
        _ code: Code, stage: Stage, offset: Int? = nil, field: String? = nil, _ message: String
    ) {
        self.code = code
        self.stage = stage
        self.offset = offset
        self.field = field
        self.message = message
    }
}

extension ArrowError: CustomStringConvertible {
    public var description: String {
        var text = "\(code.rawValue) (\(stage.rawValue)): \(message)"
        if let field { text += ", field \"\(field)\"" }
        if let offset { text += ", at byte \(offset)" }
        return text
    }
}
