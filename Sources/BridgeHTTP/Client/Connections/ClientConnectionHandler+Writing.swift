internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire

extension ClientConnectionHandler {
    /// Begins an exchange on an idle connection.
    func start(_ exchange: Exchange, _ link: Link) {
        precondition(active == nil, "a connection carries one exchange at a time")
        let now = MonotonicClock.now
        var next = Active(
            exchange: exchange, wire: ClientExchange(method: exchange.method),
            timers: ExchangeTimers(
                options: connection.options, total: exchange.totalDeadline, now: now),
            expectsOutput: exchange.isStreamed, isChunked: exchange.isChunked)
        for piece in exchange.output { next.output.append(piece) }
        active = next
        link.wantsRead = true
        link.deadline = next.timers.deadline
        write(link)
    }

    func writable(_ link: Link) { write(link) }

    /// Writes until everything is out or the socket is full.
    func write(_ link: Link) {
        while active?.output.isEmpty == false, let transfer = active?.output.write(to: link) {
            switch transfer {
            case .moved(let count): noteSent(count, link)
            case .wouldBlock:
                link.wantsWrite = true
                return
            case .ended: return stopWriting("the peer takes no more", link)
            case .failed(let error)
            where error.errno == Errno.brokenPipe || error.errno == Errno.reset:
                // The peer may have said why before it left.
                return stopWriting(error.description, link)
            case .failed(let error): return link.close(error: error)
            }
        }
        link.wantsWrite = false
        guard let active, !active.isSent else { return }
        if active.expectsOutput {
            active.exchange.tookPiece()
        } else if active.writeFailure == nil {
            self.active?.isSent = true
            self.active?.wire.requestSent()
            if active.mode == .head { enter(.waiting, link) }
        }
    }

    /// The peer takes no more. It may have answered before: so reading goes on to its end.
    private func stopWriting(_ reason: String, _ link: Link) {
        active?.output.removeAll()
        active?.expectsOutput = false
        active?.writeFailure = reason
        active?.exchange.stopPushing()
        link.wantsWrite = false
        if active?.mode == .head { enter(.waiting, link) }
    }

    /// The server refused: the rest of the request is not sent (RFC 9112, section 9.5).
    func dropRest(_ link: Link) {
        guard let active, !active.isSent else { return }
        stopWriting("the server answered before the request was sent", link)
    }

    /// A piece of a streamed body.
    func push(_ piece: OutputPiece, of exchange: Exchange, _ link: Link) {
        guard let active, active.exchange === exchange, active.expectsOutput else {
            return exchange.tookPiece()
        }
        switch piece {
        case .bytes(let bytes, let isLast):
            if bytes.isEmpty { return exchange.tookPiece() }
            if isLast {
                self.active?.expectsOutput = false
                exchange.tookPiece()
            }
            if active.isChunked {
                var line = ByteWriter(capacity: 16)
                ChunkedWriter.beginChunk(of: bytes.count, into: &line)
                self.active?.output.append(line.finish())
                self.active?.output.append(bytes)
                self.active?.output.append(Self.chunkEnd)
            } else {
                self.active?.output.append(bytes)
            }
        case .end:
            if active.isChunked { self.active?.output.append(Self.lastChunk) }
            self.active?.expectsOutput = false
            exchange.tookPiece()
        case .failed(let error):
            return fail(error, link)
        }
        if !link.wantsWrite { write(link) }
    }

    private static let chunkEnd = Bytes(utf8: "\r\n")
    private static let lastChunk = Bytes(utf8: "0\r\n\r\n")
}
