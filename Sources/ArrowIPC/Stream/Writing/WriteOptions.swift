/// How a stream is written. The defaults are the profile that every known reader reads: `portable`.
///
/// Always so: the stream format, version V5, little-endian, continuation marks and a mark of the
/// end; messages and buffers begin on 64 bytes and padding is zero; a buffer's stated length is
/// its true one; the schema declares no `features`, for which some readers refuse a stream.
public struct WriteOptions: Sendable, Hashable {
    /// Whether columns without nulls carry a validity bitmap all the same, one bit per value.
    /// Needed only for readers that cannot do without, such as arrow-swift of early 2026.
    public var alwaysWritesValidity = false

    /// Whether `utf8`, `binary` and `list` are written as their large types, with offsets of 64
    /// bits, for readers that join many batches into one column. Offsets are then copied.
    public var usesLargeTypes = false

    /// Whether each dictionary is sent once, before the first batch, though the batches may use
    /// several: their values are then joined without repetition, and indices that change are
    /// copied. Many readers know neither replacement nor deltas.
    ///
    /// Where joining is not possible (nested values, or more values than the type of the index
    /// can number) and when this is false, a dictionary that grew is continued by deltas, and
    /// another one replaces it, right before the batch that needs it.
    public var joinsDictionaries = true

    /// How bodies are compressed. Off unless asked for: on a fast network compressing numbers
    /// costs more time than it saves, and some readers have no codec.
    public var compression = Compression.none

    /// A way to compress bodies.
    public enum Compression: Sendable, Hashable {
        /// Not at all.
        case none
        /// Each buffer as an LZ4 frame, where that makes it smaller, and as it is where not.
        case lz4
        /// Each buffer as a Zstandard frame, where that makes it smaller, and as it is where not:
        /// smaller than LZ4 as a rule, and slower.
        case zstandard
    }

    /// The profile that every known reader reads.
    public static let portable = WriteOptions()

    /// The portable profile.
    public init() {}
}
