public import BridgeBytes

/// Reads an Arrow IPC stream from pieces as they arrive, of any size and cut anywhere.
///
///     var decoder = StreamDecoder()
///     decoder.feed(piece)
///     while let batch = try decoder.next() { use(batch) }
///     …
///     decoder.finish()  // there is no more input
///     while let batch = try decoder.next() { use(batch) }
///
/// ## Theory of operation
/// The decoder is in one of two states: it looks for the head of a message, or it collects the
/// body of a message whose head it has. Either lies whole in the piece that is being read, and
/// then it is a view of it; or it is collected into memory of its own. A body is collected into
/// one allocation that grows with the bytes that have really come, up to the size that the head
/// announces, so that a forged size costs next to nothing. What is held at any time is
/// the message being collected, the dictionaries, and the pieces fed but not yet read.
///
/// A copy is made only of messages that pieces cut. Whoever has the whole stream in memory or in
/// a mapped file uses `StreamReader`, which copies nothing.
public struct StreamDecoder: ~Copyable, Sendable {
    private var framer: MessageFramer
    private var machine: StreamMachine
    private var input = InputQueue()
    /// How many bytes the head that is being looked for needs, as far as is known.
    private var needed = Self.prefixSize
    /// The message whose body is being collected.
    private var open: MessageFramer.Message?
    /// Where the message that is being read begins in the input.
    private var base = 0
    /// How much of the input has been fed.
    private var fed = 0
    private var isFinished = false
    private var failure: ArrowError?
    /// Whether the mark of the end has been read. What is fed after it stays in `unread`.
    public private(set) var isAtEnd = false

    /// A decoder at the start of a stream.
    /// - Parameters:
    ///   - columns: Which columns the batches have.
    ///   - limits: What a stream may claim.
    ///   - salvagesFiles: Whether a file of the file format is read as the stream of its messages.
    ///     Else it is refused, as its footer, which alone says what it holds, comes last.
    public init(
        columns: ColumnSelection = .all, limits: ArrowLimits = .default,
        salvagesFiles: Bool = false
    ) {
        framer = MessageFramer(limits: limits, salvagesFiles: salvagesFiles)
        machine = StreamMachine(limits: limits, columns: columns)
    }

    /// The fields of every batch; nil until `next()` has read them.
    public var schema: Schema? { machine.schema }

    /// Takes the next piece of the input, without a copy. Reading happens in `next()`; read all
    /// batches before feeding more, since pieces are kept until then.
    public mutating func feed(_ piece: Bytes) {
        fed += piece.count
        input.append(piece)
    }

    /// Says that there is no more input.
    public mutating func finish() { isFinished = true }

    /// The next batch that the input holds whole. Nil when more input is needed; after the end
    /// mark or `finish()`, nil when the stream is complete.
    /// - Throws: `ArrowError` with the position in the input: for input that is no stream, and,
    ///   after `finish()`, `truncated` when it ended too early. The same error from then on.
    public mutating func next() throws(ArrowError) -> RecordBatch? {
        if let failure { throw failure }
        do throws(ArrowError) { return try step() } catch {
            failure = error
            throw error
        }
    }

    /// Whether the stream would be complete if the input ended here: after the mark of the end, or
    /// between two messages, since streams may do without the mark.
    public var isComplete: Bool {
        isAtEnd || failure == nil && machine.schema != nil && open == nil && fed == base
    }

    /// What was fed after the mark of the end, and belongs to whatever follows the stream.
    public var unread: [Bytes] { isAtEnd ? input.remaining() : [] }

    /// Every message and every mark of an end has at least this many bytes.
    private static let prefixSize = 4
}

extension StreamDecoder {
    private mutating func step() throws(ArrowError) -> RecordBatch? {
        while !isAtEnd {
            if open == nil { open = try head() }
            guard let message = open else { return nil }
            guard let body = input.take(message.body.count) else {
                return try inputMissing(needs: message.body.upperBound)
            }
            open = nil
            let start = base
            base += message.body.upperBound
            let batch = try machine.messageReceived(message, body: body, base: start)
            if let batch { return batch }
        }
        return nil
    }

    /// Reads on to the end of the next head; nil when the stream or, for now, the input ends.
    private mutating func head() throws(ArrowError) -> MessageFramer.Message? {
        while true {
            guard let window = input.window(atLeast: needed) else {
                return try inputMissing(needs: needed)
            }
            switch try framer.next(window, base: base) {
            case .needMore(let count): needed = count
            case .padding(let size):
                framer.passesZeros = true
                pass(size)
            case .end(let size):
                pass(size)
                isAtEnd = true
                guard machine.schema != nil else { throw noSchema() }
                return nil
            case .message(let message):
                input.drop(message.body.lowerBound)
                needed = Self.prefixSize
                return message
            }
        }
    }

    private mutating func pass(_ size: Int) {
        input.drop(size)
        base += size
        needed = Self.prefixSize
    }

    /// Nothing more can be read now: fine while input may come, and between two messages.
    private func inputMissing<T>(needs: Int) throws(ArrowError) -> T? {
        guard isFinished else { return nil }
        guard fed == base else {
            throw ArrowError.truncated(at: fed, message: base, needs: needs, has: fed - base)
        }
        guard machine.schema != nil else { throw noSchema() }
        return nil
    }

    private func noSchema() -> ArrowError {
        fed == 0
            ? ForeignFormat.emptyInput
            : ArrowError(.truncated, stage: .framing, offset: base, "the stream has no schema")
    }
}
