internal import BridgeBytes

/// Takes the chunked coding (RFC 9112 section 7.1) off a body, in any cut of the bytes.
///
/// ## Theory of operation
/// A byte automaton over the framing, a jump over the data: data is never looked at. Every call
/// takes bytes from the front of the window, so the caller consumes what a step says and calls
/// again; nothing of the window is remembered. The first thing that a strict grammar does not
/// allow ends the body with an error: two readers that disagree on where a chunk ends are how
/// requests are smuggled.
///
/// ```
/// size -> (extension) -> sizeLF -> data -> dataCR -> dataLF -> size …
///   last chunk (size 0): sizeLF -> trailer lines … -> empty line -> done
/// ```
/// Trailers are checked and kept apart; they are never merged with the head's fields.
package struct ChunkedDecoder: Sendable {
    package enum Step: Sendable, Hashable {
        /// Body bytes at this range of the window; consume up to its upper bound.
        case data(Range<Int>)
        /// All of the window was framing and is to be consumed; more is needed.
        case needMore(consumed: Int)
        /// The body ended; consume this much, the rest belongs to the next message.
        case end(consumed: Int)
    }

    private enum State: Sendable, Hashable {
        case size, sizeLF, data, dataCR, dataLF, trailer, done
    }

    private let limits: HTTPWireLimits
    private var state = State.size
    private var digits = 0
    private var remaining = 0
    private var extensions = ChunkExtension()
    private var extensionBytes = 0
    private var totalExtensionBytes = 0
    private var inExtension = false
    private var trailerBytes: [UInt8] = []
    private var trailerSize = 0
    /// The trailer fields; complete once the body has ended.
    package private(set) var trailers = FieldList()

    package init(limits: HTTPWireLimits = .default) { self.limits = limits }

    /// Reads from the front of the window.
    package mutating func next(_ window: Span<UInt8>) throws(HTTPWireError) -> Step {
        if state == .done { return .end(consumed: 0) }
        var position = 0
        while position < window.count {
            if state == .data {
                let count = min(remaining, window.count - position)
                remaining -= count
                if remaining == 0 { state = .dataCR }
                return .data(position..<position + count)
            }
            try read(window[position], at: position)
            position += 1
            if state == .done { return .end(consumed: position) }
        }
        return .needMore(consumed: position)
    }

    private mutating func read(_ byte: UInt8, at position: Int) throws(HTTPWireError) {
        switch state {
        case .size: try readSize(byte, at: position)
        case .sizeLF:
            try expect(byte, Octet.lf, at: position)
            digits = 0
            state = remaining == 0 ? .trailer : .data
        case .dataCR:
            try expect(byte, Octet.cr, at: position)
            state = .dataLF
        case .dataLF:
            try expect(byte, Octet.lf, at: position)
            state = .size
        case .trailer: try readTrailer(byte, at: position)
        case .data, .done: preconditionFailure("the caller's loop handles data and the end")
        }
    }

    private func expect(_ byte: UInt8, _ wanted: UInt8, at position: Int) throws(HTTPWireError) {
        guard byte == wanted else {
            throw HTTPWireError(
                .invalidChunk, .body, at: position, "a chunk is not ended by CR and LF")
        }
    }

    private mutating func readSize(_ byte: UInt8, at position: Int) throws(HTTPWireError) {
        if inExtension { return try readExtension(byte, at: position) }
        if let digit = Hex.value(byte) {
            let (product, over) = remaining.multipliedReportingOverflow(by: 16)
            let (sum, overflow) = product.addingReportingOverflow(Int(digit))
            digits += 1
            guard !over, !overflow, digits <= limits.chunkSizeDigits else {
                throw HTTPWireError(.invalidChunk, .body, at: position, "a chunk size is too large")
            }
            remaining = sum
            return
        }
        guard digits > 0, byte == Octet.cr || byte == 0x3B else {
            throw HTTPWireError(
                .invalidChunk, .body, at: position, "a chunk size is not hexadecimal digits")
        }
        if byte == Octet.cr {
            state = .sizeLF
        } else {
            inExtension = true
            extensionBytes = 0
            extensions = ChunkExtension()
        }
    }

    private mutating func readExtension(_ byte: UInt8, at position: Int) throws(HTTPWireError) {
        extensionBytes += 1
        totalExtensionBytes += 1
        guard extensionBytes <= limits.chunkExtensionBytes,
            totalExtensionBytes <= limits.totalChunkExtensionBytes
        else {
            throw HTTPWireError(
                .chunkExtensionTooLarge, .body, at: position, "chunk extensions are too large")
        }
        switch extensions.read(byte) {
        case .inside: break
        case .end:
            inExtension = false
            state = .sizeLF
        case .malformed:
            throw HTTPWireError(
                .invalidChunk, .body, at: position, "a chunk extension is malformed")
        }
    }

    /// Collects trailer bytes; each line is checked when its LF is there.
    private mutating func readTrailer(_ byte: UInt8, at position: Int) throws(HTTPWireError) {
        if trailerBytes.last == Octet.cr, byte != Octet.lf {
            throw HTTPWireError(
                .bareCR, .trailer, at: position, "a carriage return stands inside a line")
        }
        trailerSize += 1
        trailerBytes.append(byte)
        guard trailerSize <= limits.trailerBytes, trailers.count < limits.fieldCount else {
            throw HTTPWireError(.trailerTooLarge, .trailer, at: position, "too many trailers")
        }
        guard byte == Octet.lf else { return }
        guard trailerBytes.count >= 2, trailerBytes[trailerBytes.count - 2] == Octet.cr else {
            throw HTTPWireError(
                .bareLF, .trailer, at: position, "a line ends without a carriage return")
        }
        if trailerBytes.count == 2 {
            state = .done
        } else {
            let line = trailerBytes
            try FieldLine.read(
                line.span, 0..<line.count - 2, after: trailers.isEmpty,
                into: &trailers, stage: .trailer)
        }
        trailerBytes.removeAll(keepingCapacity: true)
    }
}

/// The grammar of chunk extensions: `;name[=token|="quoted"]…` up to the CR. They are read past,
/// for nothing is done with them (RFC 9112 section 7.1.1).
struct ChunkExtension: Sendable, Hashable {
    enum Verdict: Sendable { case inside, end, malformed }

    private enum State: Sendable { case nameStart, name, valueStart, value, quoted, escape, closed }
    private var state = State.nameStart

    mutating func read(_ byte: UInt8) -> Verdict {
        switch state {
        case .nameStart: return advance(Octet.isToken(byte), .name)
        case .name:
            if byte == 0x3D { return advance(true, .valueStart) }
            return Octet.isToken(byte) ? .inside : delimiter(byte)
        case .valueStart:
            if byte == 0x22 { return advance(true, .quoted) }
            return advance(Octet.isToken(byte), .value)
        case .value: return Octet.isToken(byte) ? .inside : delimiter(byte)
        case .quoted:
            if byte == 0x22 { return advance(true, .closed) }
            if byte == 0x5C { return advance(true, .escape) }
            return Octet.isFieldContent(byte) ? .inside : .malformed
        case .escape: return advance(Octet.isFieldContent(byte), .quoted)
        case .closed: return delimiter(byte)
        }
    }

    private mutating func advance(_ allowed: Bool, _ next: State) -> Verdict {
        state = next
        return allowed ? .inside : .malformed
    }

    private mutating func delimiter(_ byte: UInt8) -> Verdict {
        if byte == Octet.cr { return .end }
        return advance(byte == 0x3B, .nameStart)
    }
}
