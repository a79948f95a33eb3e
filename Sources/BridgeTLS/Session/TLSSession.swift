package import BridgeBytes

/// TLS on one connection, as client or as server: a transform of bytes.
///
/// ## Theory of operation
/// The library stands between two pieces of memory (memory BIOs): what came from the peer is put
/// into one, and what is for the peer is taken out of the other, so that no socket is known here.
///
///     read ◀── SSL_read_ex ◀── [ incoming ] ◀── receive
///     write ─▶ SSL_write_ex ─▶ [ outgoing ] ──▶ output ──▶ sendOutput
///
/// `receive` gives all that came; then records are read until one is not whole, before more is
/// given: what remains in the memory is less than a record, and nothing is ever moved twice. A
/// write makes one record for each 16 KiB, until `outputLimit` bytes wait for the transport.
///
/// A peer can read a record when it has the last byte of it. `marks` remembers where each record
/// ends and how many of the application's bytes it holds: so what is told to have left is what the
/// peer may have, and the rest has surely not arrived.
///
/// A failure is final: what the library has made of it (an alert) stays in the output, and the
/// library is not asked again. Its queue of errors belongs to the thread: each call clears it
/// before and takes the first one after, with no suspension between, as nothing here is `async`.
///
/// Sound: `session` is this object's alone from `init` to `deinit`, the two memories are the
/// session's, and a session is used by one thread at a time, as the class is not `Sendable`.
@safe package final class TLSSession: ByteTransform {
    let context: TLSContext
    var library: OpenSSL { context.library }
    let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Whom the peer must be; nil for clients of a server, or where nobody cares.
    private let name: TLSName?
    let began: ContinuousClock.Instant
    /// Whom what the server gives for the next connection is for; nil: nobody keeps it.
    var peer: TLSTickets.Peer?
    /// What the server is shown of an earlier connection.
    var shown: TLSTicket?
    package private(set) var phase = ByteTransformPhase.opening
    private var output = ByteWriter(capacity: 4 << 10)
    /// Bytes of `output` that the transport has taken.
    private var sent = 0
    /// Bytes that were ever put into `output`, and those of them that the peer may have.
    private var made = 0
    private var left = 0
    private var marks = Fifo<Mark>()
    /// Whether the transport has ended, and whether we have said that we write no more.
    private var hasReceivedEnd = false
    private var hasEndedWriting = false

    /// Where a record ends in the output, and how many of the application's bytes it holds.
    private struct Mark: Sendable {
        let end: Int
        let count: Int
    }

    /// From this many waiting bytes on no more are taken.
    package static let outputLimit = 128 << 10
    /// Most bytes of a record (RFC 8446, 5.1).
    private static let recordSize = 16 << 10

    /// A client's session with a server of this name.
    /// - Parameters:
    ///   - host: The name or address that was asked for; the configuration's own name wins.
    ///   - place: Where the server is called, as host and port; nil: nothing earlier is taken up.
    /// - Throws: `TLSError`: `configuration` when the host is no name.
    package convenience init(
        _ context: TLSContext, to host: String, at place: String? = nil,
        now: ContinuousClock.Instant = .now
    ) throws(TLSError) {
        precondition(!context.isServer, "a client's session has a client's context")
        let name = context.isVerifying ? try context.name(for: host) : try? context.name(for: host)
        try self.init(context, name, now)
        unsafe library.sessions.setClient(session)
        guard let name else { return }
        if context.isVerifying { try demand(name) }
        if case .host(let text) = name { try announce(text) }
        guard let tickets = context.tickets, let place else { return }
        takeUp(tickets, TLSTickets.Peer(name: name, place: place), now)
    }

    /// A server's session with whoever has connected.
    package convenience init(accepting context: TLSContext) throws(TLSError) {
        precondition(context.isServer, "a server's session has a server's context")
        try self.init(context, nil, .now)
        unsafe library.sessions.setServer(session)
    }

    private init(
        _ context: TLSContext, _ name: TLSName?, _ now: ContinuousClock.Instant
    ) throws(TLSError) {
        let library = context.library
        library.clearErrors()
        let memory = unsafe library.buffers.memory()
        guard let session = unsafe library.sessions.new(context.pointer),
            let incoming = unsafe library.buffers.new(memory),
            let outgoing = unsafe library.buffers.new(memory)
        else {
            // Out of memory; what was made first is not worth a way back.
            throw TLSError(.library, .handshake, library.takeFailure().words)
        }
        self.context = context
        unsafe self.session = session
        unsafe self.incoming = incoming
        unsafe self.outgoing = outgoing
        self.name = name
        began = now
        // The session owns both from now on.
        unsafe library.sessions.setBuffers(session, incoming, outgoing)
    }

    deinit { unsafe library.sessions.free(session) }

    /// Has the handshake fail unless the certificate is for this name.
    private func demand(_ name: TLSName) throws(TLSError) {
        let parameters = unsafe library.sessions.parameters(session)
        unsafe library.sessions.setHostFlags(parameters, TLSNumbers.hostFlags)
        let status =
            switch name {
            case .host(let text):
                unsafe library.sessions.setHost(parameters, text, text.utf8.count)
            case .address(let text): unsafe library.sessions.setAddress(parameters, text)
            }
        guard status == 1 else {
            throw TLSError(.configuration, .handshake, place: "\(name)", "the name cannot be used")
        }
    }

    /// Tells the server which name it was asked for by (SNI).
    private func announce(_ host: String) throws(TLSError) {
        var text = Array(host.utf8) + [0]
        // Sound: the text ends with a zero, and the library copies it.
        let status = unsafe text.withUnsafeMutableBytes {
            unsafe library.sessions.control(session, TLSNumbers.setServerName, 0, $0.baseAddress)
        }
        guard status == 1 else {
            throw TLSError(.configuration, .handshake, place: host, "the name cannot be announced")
        }
    }

    // MARK: Opening

    /// What came before is known already.
    package func begin() { if !hasFailed, !phase.isOpen { advance() } }

    package func receive(_ bytes: Span<UInt8>) {
        guard !hasFailed, !bytes.isEmpty else { return }
        var count = 0
        // Sound: the library copies `count` bytes; memory takes all of them.
        let status = unsafe bytes.withUnsafeBytes {
            unsafe library.buffers.write(incoming, $0.baseAddress, $0.count, &count)
        }
        guard status == 1, count == bytes.count else {
            return fail(TLSError(.library, stage, place: place, "there is no memory"))
        }
        if !phase.isOpen { advance() }
    }

    package func receiveEnd() {
        guard !hasFailed, !hasReceivedEnd else { return }
        hasReceivedEnd = true
        // Memory that is empty is the end from now on, not a pause.
        unsafe _ = library.buffers.control(incoming, TLSNumbers.setEndOfMemory, 0, nil)
        if !phase.isOpen { advance() }
    }

    private var hasFailed: Bool {
        if case .failed = phase { true } else { false }
    }

    /// Goes on with the handshake as far as what came allows.
    private func advance() {
        library.clearErrors()
        let status = unsafe library.sessions.handshake(session)
        if status == 1 {
            library.clearErrors()
            collect()
            if let error = protocolFailure { return fail(error) }
            phase = .open
            keepShown()
            return
        }
        let kind = unsafe library.sessions.error(session, status)
        switch kind {
        case TLSNumbers.wantsRead, TLSNumbers.wantsWrite: break
        case TLSNumbers.ended:
            // Its closing words, though nothing had begun.
            fail(
                TLSError(
                    .endedInHandshake, .handshake, place: place,
                    "the peer said in the handshake that it closes"))
        default: fail(failure(kind))
        }
        collect()
    }

    /// Takes what the library has for the peer.
    private func collect() {
        let waiting = unsafe library.buffers.pending(outgoing)
        guard waiting > 0 else { return }
        if sent == output.count {
            output.removeAll()
            sent = 0
        }
        var count = 0
        // Sound: the library writes at most `waiting` bytes, for which there is room.
        unsafe output.appendUnsafe(upTo: waiting) { memory in
            unsafe _ = library.buffers.read(outgoing, memory.baseAddress, waiting, &count)
            return count
        }
        made += count
    }

    // MARK: Reading and writing

    @unsafe package func read(
        into memory: UnsafeMutableRawBufferPointer
    ) -> ByteTransformReading {
        if case .failed(let error) = phase { return .failed(error) }
        guard phase.isOpen else { return .needsInput }
        var total = 0
        var kind: Int32 = 0
        while total < memory.count {
            var count = 0
            library.clearErrors()
            // Sound: the library writes inside the rest of the caller's memory.
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[total...])
            let status = unsafe library.sessions.read(
                session, rest.baseAddress, rest.count, &count)
            guard status == 1 else {
                kind = unsafe library.sessions.error(session, status)
                break
            }
            total += count
        }
        defer { collect() }
        switch kind {
        case 0, TLSNumbers.wantsRead, TLSNumbers.wantsWrite:
            return total > 0 ? .moved(total) : .needsInput
        case TLSNumbers.ended: return total > 0 ? .moved(total) : .ended
        default:
            fail(failure(kind))
            guard total == 0, case .failed(let error) = phase else { return .moved(total) }
            return .failed(error)
        }
    }

    package func write(_ bytes: Span<UInt8>) -> Int {
        guard phase.isOpen, !hasEndedWriting else { return 0 }
        var taken = 0
        var waiting = output.count - sent
        while taken < bytes.count, waiting < Self.outputLimit {
            let rest = bytes.extracting(taken..<min(bytes.count, taken + Self.recordSize))
            var count = 0
            library.clearErrors()
            // Sound: the library reads `count` bytes of the caller's.
            let status = unsafe rest.withUnsafeBytes {
                unsafe library.sessions.write(session, $0.baseAddress, $0.count, &count)
            }
            guard status == 1 else {
                let kind = unsafe library.sessions.error(session, status)
                if kind != TLSNumbers.wantsRead, kind != TLSNumbers.wantsWrite {
                    fail(failure(kind))
                }
                break
            }
            taken += count
            let gathered = unsafe library.buffers.pending(outgoing)
            waiting = output.count - sent + gathered
            marks.append(Mark(end: made + gathered, count: count))
        }
        collect()
        return taken
    }

    package func endWriting() {
        guard phase.isOpen, !hasEndedWriting else { return }
        hasEndedWriting = true
        library.clearErrors()
        // Says `close_notify`, and waits for nothing.
        unsafe _ = library.sessions.shutdown(session)
        library.clearErrors()
        collect()
    }

    package var hasOutput: Bool { sent < output.count }

    package func sendOutput(_ send: (Span<UInt8>) -> Int) {
        guard hasOutput else { return }
        sent += send(output.span.extracting(sent..<output.count))
    }

    package func outputLeft(_ count: Int) -> Int {
        left += count
        var bytes = 0
        while let mark = marks.first, mark.end <= left {
            bytes += mark.count
            marks.dropFirst()
        }
        return bytes
    }

    // MARK: Failures

    private var stage: TLSError.Stage { phase.isOpen ? .transfer : .handshake }
    private var place: String { name.map { "\($0)" } ?? "" }

    private func fail(_ error: TLSError) { phase = .failed(error) }

    /// What the library says of the call that has just failed.
    private func failure(_ kind: Int32) -> TLSError {
        let failure = library.takeFailure()
        let number = unsafe library.sessions.verifyResult(session)
        // Sound: a constant of the library.
        let words = unsafe library.certificates.verificationWords(number)
            .map { unsafe String(cString: $0) }
        return TLSError(
            failure, stage, place: place, hasReceivedEnd: hasReceivedEnd,
            verification: (number, words ?? ""))
    }
}

/// What is known of a session that is open.
extension TLSSession {
    /// The protocol that both agreed on (ALPN); nil: none.
    package var applicationProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        // Sound: the library points into the session, which stands; it is copied at once.
        unsafe library.sessions.chosenProtocol(session, &bytes, &count)
        guard let bytes = unsafe bytes, count > 0 else { return nil }
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The version and the cipher, such as `TLSv1.3 TLS_AES_128_GCM_SHA256`.
    package var summary: String {
        // Sound: constants of the library.
        let version = unsafe library.sessions.version(session).map { unsafe String(cString: $0) }
        let cipher = unsafe library.sessions.cipherName(library.sessions.cipher(session))
            .map { unsafe String(cString: $0) }
        return [version, cipher].compactMap { $0 }.joined(separator: " ")
    }

    private var protocolFailure: TLSError? {
        guard !context.isServer, let chosen = applicationProtocol,
            !context.applicationProtocols.contains(chosen)
        else { return nil }
        return TLSError(
            .noCommonProtocol, .handshake, place: place, "the server speaks \(chosen)")
    }
}
