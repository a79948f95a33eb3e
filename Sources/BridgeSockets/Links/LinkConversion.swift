internal import BridgeBytes

/// The transform that stands between a link's socket and its handler, with what must be known
/// beside it. Belongs to the reactor's thread.
///
/// ## Theory of operation
/// Nothing changes for the handler: it reads and writes as on a plain link. While the transform
/// opens, the reactor drives it here and the handler is asked nothing; then it is told
/// `transformed`.
///
/// Reading gives the socket's bytes to the transform, a piece at a time, until the handler's memory
/// is full or nothing is left. Where it was full, the transform may hold more that no event of the
/// socket will tell of: `mayHaveInput` has the reactor call the handler again.
///
/// Writing has the transform take bytes and sends its output, but says that bytes were moved only
/// when the peer can have them: `taken` counts those of the handler's stream that the transform has
/// and the handler does not know of. The handler offers them again, as it would on a plain link
/// that takes only a part, and they are passed over.
///
/// A send that fails does not end the connection by itself. The peer may have said why it closes,
/// and that is still to be read: reading ends with the peer's reason, or else with that failure.
final class LinkConversion {
    let transform: any ByteTransform
    /// When the opening is given up; nil: whoever has the link sees to it.
    var deadline: Duration?
    /// Whether the handler has been told that the transform is open.
    var isOpen = false
    /// Whether a read may give something although nothing comes.
    private(set) var mayHaveInput = true
    /// Whether the reactor knows that.
    var isNoted = false
    private var taken = 0
    private var departed = 0
    /// Why nothing can be sent.
    private var failure: SocketError?
    private var hasInputEnded = false
    /// Whether FIN follows the output.
    private var endsSocket = false
    private let descriptor: Int32
    private let calls: SystemCalls

    /// Size of the first piece that is read from the socket, in bytes: a handshake needs no more.
    static let firstPieceSize = 4 << 10
    /// Size of the pieces once one was full.
    static let pieceSize = 64 << 10

    init(_ transform: any ByteTransform, of link: Link, until deadline: Duration?) {
        self.transform = transform
        self.deadline = deadline
        descriptor = link.descriptorNumber
        calls = link.calls
    }

    // MARK: The opening

    /// How far an opening has come.
    enum Opening {
        case going
        case done
        case failed(SocketError)
    }

    /// Whether it has failed or is open by itself, without a byte of the socket's.
    var mustAdvance: Bool {
        if case .opening = transform.phase { false } else { true }
    }

    func begin() {
        transform.begin()
        flush()
    }

    /// Goes on with what the socket has.
    func advance(_ piece: inout [UInt8]) -> Opening {
        while case .opening = transform.phase {
            guard !hasInputEnded, receive(&piece) else { break }
        }
        switch transform.phase {
        // Its last words go with the handler's first.
        case .open: return .done
        case .opening:
            flush()
            return failure.map { .failed($0) } ?? .going
        case .failed(let error):
            flush()
            return .failed(SocketError(error))
        }
    }

    // MARK: Reading

    /// Hands one piece of the socket's to the transform. Returns whether more may be there.
    private func receive(_ piece: inout [UInt8]) -> Bool {
        // Sound: the kernel writes inside the array.
        let transfer = unsafe piece.withUnsafeMutableBytes {
            unsafe calls.read(descriptor, $0)
        }
        switch transfer {
        case .moved(let count):
            transform.receive(piece.span.extracting(0..<count))
            guard count == piece.count else { return false }
            if count < Self.pieceSize { piece = [UInt8](repeating: 0, count: Self.pieceSize) }
            return true
        case .wouldBlock: return false
        case .ended: break
        case .failed(let error): failure = failure ?? error
        }
        hasInputEnded = true
        transform.receiveEnd()
        return false
    }

    @unsafe func read(
        into memory: UnsafeMutableRawBufferPointer, by piece: inout [UInt8]
    ) -> Transfer {
        guard isOpen else { return .wouldBlock }
        defer { flush() }
        var total = 0
        var hasMore = true
        reading: while total < memory.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[total...])
            switch unsafe transform.read(into: rest) {
            case .moved(let count): total += count
            case .needsInput where hasInputEnded: return ended(total, by: nil)
            case .needsInput where hasMore: hasMore = receive(&piece) || hasInputEnded
            case .needsInput:
                guard total == 0 else { break reading }
                // All that the peer said is read: what is left is that nothing can be sent.
                if let failure { return .failed(failure) }
                mayHaveInput = false
                return .wouldBlock
            case .ended: return ended(total, by: nil)
            case .failed(let error): return ended(total, by: error)
            }
        }
        mayHaveInput = total == memory.count || failure != nil
        return .moved(total)
    }

    /// What a read comes to behind which there is nothing; told once what is before it is told.
    private func ended(_ total: Int, by error: (any CodedError)?) -> Transfer {
        mayHaveInput = true
        if total > 0 { return .moved(total) }
        guard let error else { return failure.map { .failed($0) } ?? .ended }
        if error.code == .disconnected, let failure { return .failed(failure) }
        return .failed(SocketError(error))
    }

    // MARK: Writing

    /// Takes what fits now of a stream, once.
    /// - Parameter offer: Has `take` called with each part of the stream from the position `skip`
    ///   on, until that returns false.
    func write(_ offer: (_ skip: Int, _ take: (Span<UInt8>) -> Bool) -> Void) -> Transfer {
        guard isOpen else { return .wouldBlock }
        var isOffered = taken > 0
        offer(taken) { bytes in
            isOffered = isOffered || !bytes.isEmpty
            let count = transform.write(bytes)
            taken += count
            return count == bytes.count
        }
        flush()
        if departed > 0 {
            defer { departed = 0 }
            taken -= departed
            return .moved(departed)
        }
        if case .failed(let error) = transform.phase { return .failed(SocketError(error)) }
        return isOffered ? .wouldBlock : .moved(0)
    }

    /// Sends output as far as the kernel takes it.
    func flush() {
        while transform.hasOutput, failure == nil {
            var transfer = Transfer.wouldBlock
            var isWhole = false
            transform.sendOutput { bytes in
                transfer = calls.send(descriptor, bytes)
                guard case .moved(let count) = transfer else { return 0 }
                isWhole = count == bytes.count
                return count
            }
            switch transfer {
            case .moved(let count):
                departed += transform.outputLeft(count)
                if !isWhole { return }
            case .wouldBlock, .ended: return
            case .failed(let error):
                failure = error
                mayHaveInput = true
            }
        }
        if endsSocket, !transform.hasOutput {
            endsSocket = false
            SystemCalls.endWriting(descriptor)
        }
    }

    /// Whether output waits that the kernel did not take.
    var isBlocked: Bool { transform.hasOutput && failure == nil }

    /// Why nothing can be sent, while nobody reads.
    var sendFailure: SocketError? { failure }

    /// Says to the peer that nothing more will be written.
    /// - Parameter endsSocket: Whether the socket's own end follows.
    func endWriting(endsSocket: Bool) {
        transform.endWriting()
        self.endsSocket = endsSocket
        flush()
    }
}
