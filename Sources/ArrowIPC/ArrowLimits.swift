/// What a reader accepts before it gives up on a stream. Reaching a limit is an error with code
/// `limitExceeded`, never silence.
public struct ArrowLimits: Sendable, Hashable {
    /// Largest message head, in bytes. A head of 500 columns is about 100 KB.
    public var maxMetadataLength = 64 << 20
    /// Largest message body, in bytes.
    public var maxBodyLength = 1 << 40
    /// Deepest nesting of fields, and so of columns. Bounds the recursion of every walk.
    public var maxNesting = 64
    /// Most fields of a schema, nested ones counted.
    public var maxFields = 100_000
    /// Most rows of a batch of which no buffer holds a value (nothing but null columns, empty
    /// structs, runs, or no columns), since a few bytes may claim any number of those.
    public var maxRowsWithoutData = 1 << 24
    /// Most pieces of a dictionary that grows by deltas. Batches keep the list of pieces of their
    /// time, so many more would take memory and time in proportion to the square of their number.
    public var maxDictionaryChunks = 10_000
    /// Most bytes that the compressed buffers of one message may inflate to. Memory is taken as
    /// it is filled, up to this.
    public var maxInflatedLength = 4 << 30
    /// How many times larger than what was sent a stream's compressed buffers may become, once
    /// they are over `inflationAllowance`. Columns of real values are under a hundred.
    public var maxInflationRatio = 1_000
    /// What the compressed buffers of a stream may inflate to whatever their size. Columns of one
    /// value become ten thousand times smaller, and are still no attack: this is enough for thirty
    /// of them, with a million rows of eight bytes each.
    public var inflationAllowance = 256 << 20

    /// How many times as many bytes as a table holds its values may become when they are printed,
    /// once that is over `printedAllowance`. Values that share others, such as those of
    /// dictionaries, become more than was sent.
    public var maxPrintedRatio = 1_000
    /// How many bytes the values of a table may become when they are printed, whatever it holds.
    public var printedAllowance = 256 << 20

    /// The limits that are used when none are given.
    public static let `default` = ArrowLimits()

    /// The default limits.
    public init() {}
}
