package import BridgeBytes

/// The client's side of a WebSocket (RFC 6455): an application's bytes in binary frames.
///
/// ## Theory of operation
/// It opens with a request of HTTP/1.1 and the answer 101; what comes behind that answer, perhaps
/// in the same piece, is frames. What is written becomes frames of our own, each whole in its last
/// place and with a key of its own, as long as the output has room. What is read is the payload of
/// data frames, however they are cut. A PING is answered between two frames of ours, the latest one
/// alone when several came. A closing frame is answered once, and ends both directions; so does
/// whatever breaks the rules, which the peer is told by a closing frame with the number for it.
///
///     opening ──101──▶ open ──close, end──▶ over
///        └───anything else, a rule broken───▶ failed
///
/// No extension is asked for, so none is taken: compression would cost more than it saves, and tell
/// something of what stands beside a secret.
package final class WebSocketTransform: ByteTransform {
    /// A frame of ours on its way: bytes that are not the application's, and those that are.
    private struct Sent {
        var head: Int
        var payload: Int
    }

    private let opening: WebSocketOpening
    private let limits: WebSocketLimits
    private let nextMask: () -> UInt32
    package private(set) var phase = ByteTransformPhase.opening
    private var input: WebSocketInput
    private var interim = 0
    private var output = ByteWriter(capacity: 4 << 10)
    /// Bytes of the output that the transport has.
    private var taken = 0
    private var onTheWay = Fifo<Sent>()
    /// What the latest PING held that was not answered yet.
    private var pong: [UInt8]?
    private var hasClosed = false
    /// How reading ends, once it does.
    private var end: ByteTransformReading?

    /// - Parameter nextMask: Draws a key for each frame that nobody can guess.
    package init(
        _ opening: WebSocketOpening, limits: WebSocketLimits = WebSocketLimits(),
        nextMask: @escaping () -> UInt32
    ) {
        self.opening = opening
        self.limits = limits
        self.nextMask = nextMask
        input = WebSocketInput(limits: limits)
    }

    package func begin() {
        opening.write(into: &output)
        onTheWay.append(Sent(head: output.count, payload: 0))
    }

    package func receive(_ bytes: Span<UInt8>) {
        guard end == nil else { return }
        input.bytes.append(bytes)
        if case .opening = phase { open() }
    }

    package func receiveEnd() {
        guard end == nil else { return }
        switch phase {
        case .opening:
            fail(
                WebSocketError(
                    .disconnected, .opening, "the connection ended before the answer was whole"))
        case .open:
            end =
                input.isBetweenFrames
                ? .ended
                : .failed(
                    WebSocketError(.disconnected, .frames, "the connection ended within a frame"))
        case .failed: break
        }
    }

    private func open() {
        do throws(HTTPWireError) {
            while let head = try input.nextHead() {
                if head.isInterim, interim < limits.interimResponses {
                    interim += 1
                    continue
                }
                do throws(WebSocketError) {
                    try opening.check(head)
                    phase = .open
                } catch {
                    fail(error)
                }
                return
            }
        } catch {
            fail(WebSocketError(error.code, .opening, error.detail))
        }
    }

    // MARK: Reading

    @unsafe package func read(
        into memory: UnsafeMutableRawBufferPointer
    ) -> ByteTransformReading {
        var moved = 0
        // Small frames are joined, so that a reader gets what there is at once.
        while moved < memory.count {
            if let end { return moved > 0 ? .moved(moved) : end }
            guard phase.isOpen else { return moved > 0 ? .moved(moved) : .needsInput }
            do throws(WebSocketError) {
                let step = try input.nextStep(payloadLimit: memory.count - moved)
                guard step != .needMore else { break }
                moved += unsafe take(step, into: memory, at: moved)
            } catch {
                fail(error)
            }
        }
        return moved > 0 ? .moved(moved) : .needsInput
    }

    /// Carries a step out. Returns how many bytes it gave the application.
    @unsafe private func take(
        _ step: WebSocketReader.Step, into memory: UnsafeMutableRawBufferPointer, at place: Int
    ) -> Int {
        switch step {
        case .needMore: return 0
        case .head(let count), .pong(let count): input.bytes.consume(count)
        case .payload(let count):
            unsafe input.take(
                count, into: UnsafeMutableRawBufferPointer(rebasing: memory[place..<place + count]))
            return count
        case .ping(let count):
            pong = input.take(count)
            answer()
        case .close(let count, let code, let reason):
            input.bytes.consume(count)
            sendClose(code)
            end = Self.ending(code, reason)
        }
        return 0
    }

    /// An end in order, or for a reason that the peer's number tells.
    private static func ending(_ code: Int?, _ reason: String) -> ByteTransformReading {
        guard let code, code != 1000 else { return .ended }
        let words = reason.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let shown = String(String.UnicodeScalarView(words))
        return .failed(
            WebSocketError(
                .disconnected, .frames, closeCode: code,
                "the server closed with \(code)\(shown.isEmpty ? "" : " \(shown)")"))
    }

    private func fail(_ error: WebSocketError) {
        if phase.isOpen, let code = error.closeCode { sendClose(code) }
        phase = .failed(error)
        end = .failed(error)
    }

    // MARK: Writing

    package func write(_ bytes: Span<UInt8>) -> Int {
        guard phase.isOpen, !hasClosed else { return 0 }
        var done = 0
        while done < bytes.count, output.count - taken < limits.maxOutput {
            let count = min(bytes.count - done, limits.maxOwnFrame)
            add(.binary, bytes.extracting(done..<done + count))
            done += count
        }
        return done
    }

    package func endWriting() { sendClose(1000) }

    private func add(_ opcode: WebSocketOpcode, _ payload: Span<UInt8>) {
        let mask = nextMask()
        let head = WebSocketFrameHead(opcode, count: payload.count).write(
            mask: mask, into: &output)
        output.append(payload, maskedBy: mask)
        onTheWay.append(
            opcode.isControl
                ? Sent(head: head + payload.count, payload: 0)
                : Sent(head: head, payload: payload.count))
    }

    /// Answers the latest PING when the output has room, so that a flood of them fills nothing.
    private func answer() {
        guard let payload = pong, !hasClosed, output.count - taken < limits.maxOutput else {
            return
        }
        pong = nil
        add(.pong, payload.span)
    }

    private func sendClose(_ code: Int?) {
        guard phase.isOpen, !hasClosed else { return }
        hasClosed = true
        let payload = code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []
        add(.close, payload.span)
    }

    package var hasOutput: Bool { output.count > taken }

    package func sendOutput(_ send: (Span<UInt8>) -> Int) {
        taken += send(output.span.extracting(taken..<output.count))
        if taken == output.count {
            output.removeAll()
            taken = 0
        } else if taken >= limits.maxOutput {
            // A transport that never takes all must not let what was sent pile up.
            var rest = ByteWriter(capacity: output.count - taken + limits.maxOwnFrame)
            rest.append(output.span.extracting(taken..<output.count))
            output = rest
            taken = 0
        }
        answer()
    }

    package func outputLeft(_ count: Int) -> Int {
        var rest = count
        var payload = 0
        while rest > 0, var frame = onTheWay.first {
            let head = min(rest, frame.head)
            let body = min(rest - head, frame.payload)
            rest -= head + body
            payload += body
            frame.head -= head
            frame.payload -= body
            if frame.head + frame.payload > 0 {
                onTheWay[0] = frame
            } else {
                onTheWay.dropFirst()
            }
        }
        return payload
    }
}

/// What a peer has said and nobody has looked at, with the places in it.
private struct WebSocketInput: ~Copyable {
    var bytes = ReceiveBuffer(chunk: 64 << 10, limit: 1 << 20)
    private var heads = HeadParser()
    private var frames: WebSocketReader

    init(limits: WebSocketLimits) { frames = WebSocketReader(limits: limits) }

    /// Whether nothing has been said by halves.
    var isBetweenFrames: Bool { frames.isBetweenFrames && bytes.count == 0 }

    /// The next head of an answer; nil when it is not whole yet.
    mutating func nextHead() throws(HTTPWireError) -> ResponseHead? {
        // A span of the buffer borrows all of `self`.
        var heads = self.heads
        defer { self.heads = heads }
        guard let parsed = try heads.nextResponse(bytes.span) else { return nil }
        bytes.consume(parsed.size)
        return parsed.head
    }

    mutating func nextStep(payloadLimit: Int) throws(WebSocketError) -> WebSocketReader.Step {
        var frames = self.frames
        defer { self.frames = frames }
        return try frames.next(bytes.span, payloadLimit: payloadLimit)
    }

    /// Moves bytes to memory of that size.
    @unsafe mutating func take(_ count: Int, into memory: UnsafeMutableRawBufferPointer) {
        unsafe copy(count, to: memory)
        bytes.consume(count)
    }

    @unsafe private func copy(_ count: Int, to memory: UnsafeMutableRawBufferPointer) {
        // Sound: both have `count` bytes.
        unsafe bytes.span.extracting(0..<count).withUnsafeBytes {
            unsafe memory.copyMemory(from: $0)
        }
    }

    /// The next bytes, which are few.
    mutating func take(_ count: Int) -> [UInt8] {
        let taken = [UInt8](bytes.bytes(0..<count))
        bytes.consume(count)
        return taken
    }
}
