public import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// Takes what a client sends and receives, frame by frame, as text.
///
/// The text is JSON Lines in the "expanded" form of traceassert: a header line, a line for each
/// frame in either direction with subject, reply, headers, payload and time, and a footer line at
/// the end of the connection. Each connection is a document of its own. What CONNECT says of
/// passwords, tokens and signatures is replaced; payloads are not.
///
/// Tracing costs a copy of everything that is sent, and a call for each frame. Without it the
/// cost is one branch.
public struct NATSTrace: Sendable {
    let write: @Sendable (_ lines: Bytes, _ connection: Int) -> Void

    /// - Parameter write: Gets whole lines in order, and the number of their connection, counted
    ///   from 1. It runs on the client's thread and under its locks: it may block only for
    ///   moments, and must not call the client.
    public init(_ write: @escaping @Sendable (_ lines: Bytes, _ connection: Int) -> Void) {
        self.write = write
    }
}

/// The tap on one connection: what was read comes as frames, what was written as a stream that
/// it cuts into frames itself.
///
/// What leaves is taken where the kernel took it, so that the trace has no byte that was not
/// sent; a frame that never left whole has no line. Frames are written both by the reactor's
/// thread and by whoever writes at once, never at the same time, but not in one place: hence the
/// lock.
final class WireTap: Sendable {
    private struct State: ~Copyable {
        var encoder: TraceEncoder
        var parser = ClientFrameParser()
        /// The rest of what was sent, from the first byte of a frame on.
        var unread: ReceiveBuffer
        var isOver = false
    }

    private static let chunk = 64 << 10

    private let trace: NATSTrace
    private let connection: Int
    private let start: Duration
    private let state: Mutex<State>

    init(_ trace: NATSTrace, connection: Int, server: ServerURL) {
        self.trace = trace
        self.connection = connection
        start = MonotonicClock.now
        var generator = SystemGenerator()
        var encoder = TraceEncoder(id: UniqueID.token(using: &generator))
        let header = encoder.header(host: server.host, port: server.port, at: WallClock.now)
        // What we send is bounded by the server's limit, as what we take is by ours.
        let limit = WireLimits.default.maxPayload + WireLimits.default.maxInfoLine
        state = Mutex(
            State(encoder: encoder, unread: ReceiveBuffer(chunk: Self.chunk, limit: limit)))
        trace.write(header, connection)
    }

    /// A frame came; `bytes` are its own.
    func received(_ frame: Frame, _ bytes: Bytes) {
        state.withLock { state in
            guard !state.isOver else { return }
            trace.write(state.encoder.line(frame, bytes, at: WallClock.now), connection)
        }
    }

    /// Has `write` hand a part of a buffer to the kernel, and notes what it took. No answer can be
    /// noted before its question, as both take the lock.
    func sending(
        _ buffer: inout SendBuffer, _ write: (inout SendBuffer) -> Transfer
    ) -> Transfer {
        state.withLock { state in
            let before = buffer.sent
            let transfer = write(&buffer)
            guard !state.isOver else { return transfer }
            state.unread.append(buffer.copy(before..<buffer.sent).span)
            while let (frame, size) = Self.next(&state) {
                let line = state.encoder.line(
                    frame, state.unread.bytes(0..<size), at: WallClock.now)
                state.unread.consume(size)
                trace.write(line, connection)
            }
            return transfer
        }
    }

    /// The next frame that is whole. Our own writer breaks no rule; if it did, the trace of what
    /// is sent would end there.
    private static func next(_ state: inout State) -> (ClientFrame, size: Int)? {
        var parser = state.parser
        defer { state.parser = parser }
        guard case .frame(let frame, let size)? = try? parser.next(state.unread.span) else {
            return nil
        }
        return (frame, size)
    }

    /// The connection has ended.
    func finish() {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            let footer = state.encoder.footer(
                at: WallClock.now, lasted: MonotonicClock.now - start)
            trace.write(footer, connection)
        }
    }
}

extension SendBuffer {
    /// A copy of part of the stream. Complexity: O(pieces + bytes copied).
    fileprivate func copy(_ range: Range<Int>) -> Bytes {
        var writer = ByteWriter(capacity: range.count)
        /// Bytes of the stream before what is looked at, and of the text.
        var passed = 0
        var position = 0
        func add(_ span: Span<UInt8>, _ writer: inout ByteWriter) {
            let start = Swift.min(Swift.max(range.lowerBound - passed, 0), span.count)
            let end = Swift.min(Swift.max(range.upperBound - passed, 0), span.count)
            passed += span.count
            if start < end { writer.append(span.extracting(start..<end)) }
        }
        for piece in pieces {
            add(text.span.extracting(position..<piece.position), &writer)
            add(piece.bytes.span, &writer)
            position = piece.position
        }
        add(text.span.extracting(position..<text.count), &writer)
        return writer.finish()
    }
}
