internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire

extension ClientConnectionHandler {
    /// Most reads before other connections of the thread have their turn.
    private static var readsPerTurn: Int { 8 }

    func readable(_ link: Link) {
        for _ in 0..<Self.readsPerTurn {
            guard let active, !link.isClosed else { return readIdle(link) }
            guard link.wantsRead else { return }
            let isDirect =
                active.mode == .collecting && input.count == 0
                && (collector?.remaining ?? 0) > 0
            let (transfer, bytes) =
                isDirect
                ? collector?.read(from: link) ?? (.wouldBlock, Bytes())
                : (link.read(into: &input), Bytes())
            switch transfer {
            case .moved(let count):
                noteReceived(count, link)
                if isDirect { readDirectly(bytes, link) } else { process(link) }
                if self.active == nil { return }
            case .wouldBlock: return
            case .ended: return peerClosed(link)
            case .failed(let error): return readFailed(error, link)
            }
        }
    }

    /// Nobody asked: bytes or an end on an idle connection end it (RFC 9112, section 9.2). What TLS
    /// says for itself, such as a ticket, is neither.
    private func readIdle(_ link: Link) {
        guard !link.isClosed else { return }
        switch link.read(into: &input) {
        case .wouldBlock: break
        // A server may refuse our certificate only now, before a request has begun.
        case .failed(let error): link.close(error: error)
        case .moved, .ended: link.close()
        }
    }

    /// Bytes that lie in their final place already are only counted by the wire machine.
    private func readDirectly(_ bytes: Bytes, _ link: Link) {
        do throws(HTTPWireError) {
            _ = try active?.wire.next(bytes.span)
            tellProgress()
            if collector?.remaining == 0 { process(link) }
        } catch {
            violated(error, link)
        }
    }

    /// Acts on everything that the window holds.
    func process(_ link: Link) {
        while let mode = active?.mode {
            if mode != .head, !link.wantsRead { return }
            do throws(HTTPWireError) {
                guard let event = try active?.wire.next(input.span) else { return }
                guard act(on: event, link) else { return }
            } catch {
                return violated(error, link)
            }
        }
    }

    /// Returns whether to go on.
    private func act(on event: ClientExchange.Event, _ link: Link) -> Bool {
        switch event {
        case .needMore(let consumed):
            input.consume(consumed)
            if active?.mode == .undemanded { pause(link) }
            return false
        case .interim(_, let size):
            input.consume(size)
            active?.timers.interimEnded()
            return true
        case .response(let head, let framing, let size):
            input.consume(size)
            answered(head, framing, link)
            return true
        case .body(let range):
            let bytes = input.bytes(range)
            input.consume(range.upperBound)
            return accept(bytes, link)
        case .end(let consumed, let reusable):
            input.consume(consumed)
            finish(reusable: reusable, link)
            return false
        }
    }

    private func answered(_ head: ResponseHead, _ framing: BodyFraming, _ link: Link) {
        if case .length(let length) = framing { active?.length = length }
        if framing == .none { active?.length = 0 }
        active?.mode = .undemanded
        let isEarly = active?.isSent == false
        if head.status >= 300 || active?.expectsOutput == true { dropRest(link) }
        enter(.receiving, link)
        active?.exchange.answer.keep(
            .success(
                Exchange.Answer(head: head, length: active?.length, isEarly: isEarly)))
    }

    /// Gives body bytes to where they are wanted. Returns whether to go on.
    private func accept(_ bytes: Bytes, _ link: Link) -> Bool {
        switch active?.mode {
        case .undemanded: active?.pending.append(bytes)
        case .streaming:
            if active?.exchange.body.yield([bytes], weight: bytes.count) == false {
                pause(link)
                return false
            }
        case .collecting:
            if let code = collector?.append(bytes) { return refuse(code, link) }
            tellProgress()
        case .head, nil: return false
        }
        return true
    }

    private func tellProgress() {
        guard let progress = active?.progress, let count = collector?.count else { return }
        progress(count)
    }

    @discardableResult
    private func refuse(_ code: HTTPError.Reason, _ link: Link) -> Bool {
        guard let exchange = active?.exchange else { return false }
        fail(exchange.refusal(code), link)
        return false
    }

    private func pause(_ link: Link) {
        link.wantsRead = false
        enter(.paused, link)
    }

    private func resume(_ link: Link) {
        link.wantsRead = true
        enter(.receiving, link)
        process(link)
    }
}

// MARK: - What the task asks for

extension ClientConnectionHandler {
    func stream(_ exchange: Exchange, _ link: Link) {
        guard let active, active.exchange === exchange, active.mode == .undemanded else { return }
        self.active?.mode = .streaming
        self.active?.pending = []
        var goesOn = true
        for bytes in active.pending where !exchange.body.yield([bytes], weight: bytes.count) {
            goesOn = false
        }
        if goesOn { resume(link) }
    }

    func collect(_ exchange: Exchange, _ demand: Exchange.WholeDemand, _ link: Link) {
        guard let active, active.exchange === exchange, active.mode == .undemanded else { return }
        if let partial = demand.partial, partial.count > 0 {
            collector = BodyCollector(resuming: partial, rest: active.length)
            guard collector != nil else {
                let message = "the rest does not fit what is held"
                return fail(exchange.error(.incompleteBody, .body, message), link)
            }
        } else if let length = active.length, length > demand.limit {
            refuse(.bodyTooLarge, link)
            return
        } else {
            collector = BodyCollector(
                length: active.length, limit: demand.limit, digesting: demand.algorithm,
                partial: demand.partial, place: demand.place, admit: demand.admit)
        }
        self.active?.mode = .collecting
        self.active?.progress = demand.progress
        self.active?.pending = []
        for bytes in active.pending {
            if let code = collector?.append(bytes) {
                refuse(code, link)
                return
            }
        }
        resume(link)
    }

    /// The reader of a stream has caught up.
    func bodyWanted(_ link: Link) {
        guard let active, active.mode == .streaming else { return }
        if active.exchange.body.isCancelled { return cancel(link) }
        resume(link)
    }

    func abandon(_ exchange: Exchange, _ link: Link) {
        if active?.exchange === exchange { cancel(link) }
    }
}

// MARK: - Ends

extension ClientConnectionHandler {
    private func peerClosed(_ link: Link) {
        do throws(HTTPWireError) {
            guard let event = try active?.wire.peerClosed() else { return link.close() }
            _ = act(on: event, link)
        } catch {
            guard let active else { return link.close() }
            lost(active.writeFailure ?? error.message, error, link)
        }
    }

    private func readFailed(_ error: SocketError, _ link: Link) {
        // An end without the peer's closing words is a lost connection; all else is TLS's own.
        if let tls = error.underlying as? TLSError, tls.reason != .truncated, let active {
            let failure = HTTPError(tls, stage, url: active.exchange.url.description)
            return fail(failure, link)
        }
        lost(active?.writeFailure ?? error.detail, nil, link)
    }

    private func lost(_ detail: String, _ wire: HTTPWireError?, _ link: Link) {
        guard let active else { return link.close() }
        let reason: HTTPError.Reason =
            active.wire.hasAnswerBytes ? .incompleteBody : .connectionLost
        fail(active.exchange.error(reason, stage, detail, wire: wire), link)
    }

    private func violated(_ error: HTTPWireError, _ link: Link) {
        guard let active else { return link.close() }
        let failure =
            error.code == .tlsRequired
            ? active.exchange.error(
                .tlsPeer, stage, "the server speaks TLS only: write https", wire: error)
            : active.exchange.error(.protocolViolation, stage, error.message, wire: error)
        fail(failure, link)
    }
}
