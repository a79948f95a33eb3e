/// What changes an application's bytes into those of a transport and back, such as TLS or
/// WebSocket: an opening that needs answers of the peer, then bytes in both directions, and an
/// end of its own.
///
/// ## Theory of operation
/// A transform does no I/O and reads no clock. Whoever has the transport (`Link`) hands it what
/// came and sends what it has:
///
///     application ──write──▶            ──sendOutput──▶ transport
///                           (transform)
///     application ◀──read───            ◀───receive──── transport
///
/// `begin` comes first, and may leave output. While it is `opening`, each `receive` may do so, too;
/// an answer that is not right makes it `failed`, with output that tells the peer why. Once it is
/// `open`, `read` and `write` move bytes; bytes behind the peer's last answer are kept for `read`.
/// `receive` is called when there is no more to read, so that a transform holds no more than one
/// piece of the transport's and the beginning of one unit of its own; it takes all that it gets.
/// `write` takes as much as the output has room for, and no byte is taken twice.
///
/// What was sent is told by `outputLeft`, which says what that means for the application: a byte of
/// its counts as sent as soon as the peer can have it, and not before.
///
/// A transform is used by one thread at a time.
package protocol ByteTransform: AnyObject {
    /// How far it has come.
    var phase: ByteTransformPhase { get }

    /// Begins; called once, and first.
    func begin()

    /// Bytes of the transport came; all of them are taken.
    func receive(_ bytes: Span<UInt8>)

    /// The transport ends: no more will come.
    func receiveEnd()

    /// Moves bytes for the application to memory that the caller owns, which is not empty.
    @unsafe func read(into memory: UnsafeMutableRawBufferPointer) -> ByteTransformReading

    /// Takes bytes of the application. Returns how many: 0 while the output is full, or when it
    /// is not open.
    func write(_ bytes: Span<UInt8>) -> Int

    /// The application has no more to send: the peer is told so.
    func endWriting()

    /// Whether there are bytes for the transport.
    var hasOutput: Bool { get }

    /// Has `send` called once with the bytes that are for the transport; it returns how many of
    /// them the transport has taken, and is not handed those again.
    func sendOutput(_ send: (Span<UInt8>) -> Int)

    /// The peer can have this many more bytes of the output. Returns how many bytes of the
    /// application it can have thereby.
    func outputLeft(_ count: Int) -> Int
}

/// How far a transform has come.
package enum ByteTransformPhase: Sendable {
    /// Answers of the peer are to come before bytes of the application pass.
    case opening
    case open
    /// There will be no more bytes in either direction but those of the output.
    case failed(any CodedError)

    /// Whether bytes of the application pass.
    package var isOpen: Bool {
        if case .open = self { true } else { false }
    }
}

/// What reading came to.
package enum ByteTransformReading: Sendable {
    /// So many bytes; at least one.
    case moved(Int)
    /// None before more is received.
    case needsInput
    /// The peer has said that no more come.
    case ended
    case failed(any CodedError)
}
