internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

/// Drives one connection of a server: feeds the exchange machine, asks the service, writes.
///
/// ## Theory of operation
/// All of it runs on the reactor's thread. `pump` asks the machine for the next event until there
/// is nothing left to act upon, and then says with `wantsRead` whether more bytes would help:
/// they would not while the service decides or an answer is being written, and then they wait in
/// the kernel, where they slow the peer down.
///
/// ```
/// greeting (TLS alone) -> reading -> deciding (service) -> receiving (sink) -> deciding
///     -> writing -> reading …
///    any fault -> writing the last answer -> lingering -> closed
/// ```
final class ServerConnection: LinkHandler {
    enum Stage { case reading, deciding, receiving, writing, lingering }

    /// Room for heads and small bodies.
    private static let smallChunk = 32 << 10
    /// Room for the bodies of large uploads: fewer system calls for each megabyte.
    private static let largeChunk = 1 << 20
    /// Bodies from this size on are read with the large room.
    private static let largeBody = 256 << 10
    /// Reads in one turn of the reactor, so that others get theirs.
    private static let readsPerTurn = 4
    /// Most bytes of an unwanted body that are read to keep a connection: 64 KiB.
    static let discardLimit = 64 << 10

    let context: ServerContext
    var exchange: ServerExchange
    var repeated: RepeatedHead
    var buffer = ReceiveBuffer(chunk: smallChunk, limit: largeChunk)
    var output = AnswerQueue()
    var pace: ConnectionPace
    var stage = Stage.reading
    var sink: (any BodySink)?
    /// Whether the sink is full, so that nothing is read.
    private var isHeld = false
    var request: ServerRequest?
    /// Counts requests, so that a late decision for an earlier one is not taken for this one's.
    var serial = 0
    private var expectation = ServerExchange.Expectation.none
    private var hasLargeBuffer = false
    private var wantsLargeBuffer = false
    var answerCloses = false
    /// Where the peer is, once it was asked; empty when it has gone already.
    private(set) var peer = ""
    /// Whether this connection counts as one of its address's.
    private var isWelcome = false
    /// Set while the first bytes are awaited, which must be TLS.
    var greeting: Greeting?
    /// What the first request is answered, whatever it is: over TLS nobody is told earlier.
    private(set) var refusal: ServerAnswer?
    private var isPumping = false
    /// What the access log will be told of the present request.
    var account = RequestAccount()

    init(context: ServerContext) {
        self.context = context
        exchange = ServerExchange(limits: context.wireLimits)
        repeated = RepeatedHead(limits: context.wireLimits)
        pace = ConnectionPace(limits: context.pace, now: MonotonicClock.now)
        context.traffic.accepted.add(1, ordering: .relaxed)
        context.census.enter()
    }

    func opened(_ link: Link) {
        link.deadline = pace.deadline
        peer = link.peerAddress?.network ?? ""
        let tls = context.tls
        let (admission, leaving) = context.table.admit(
            link.id, link.handle(for: ServerConnection.self), from: peer,
            // A handshake costs more than the refusal, so not everybody gets one.
            staysRefused: { tls == nil || context.grantsHandshake })
        if let leaving { link.closeSibling(leaving) }
        isWelcome = admission == .welcome
        if !isWelcome {
            context.traffic.refused.add(1, ordering: .relaxed)
            guard admission != .unheard else { return link.close() }
            let answer = Self.refusal(admission)
            guard tls != nil else { return fail(answer, link) }
            refusal = answer
        }
        if let tls { awaitGreeting(tls, link) }
    }

    private static func refusal(_ admission: ConnectionTable.Admission) -> ServerAnswer {
        let isHere = admission == .tooManyFromThere
        var answer = ServerAnswer.failure(
            503,
            isHere
                ? "there are as many connections from this address as there may be"
                : "the server has all the connections it may have")
        answer.fields.append("Retry-After", "1")
        return answer
    }

    /// The server ends: what is under way is finished, and nothing new is begun.
    func endSoon(_ link: Link) {
        guard isIdle, !link.isClosed else { return }
        // A request may have come just now.
        readable(link)
        if isIdle, !link.isClosed { link.close() }
    }

    private var isIdle: Bool {
        stage == .reading && !exchange.isInsideHead && buffer.count == 0
    }

    func readable(_ link: Link) {
        if let greeting { return greeted(greeting, link) }
        for _ in 0..<Self.readsPerTurn {
            guard readsNow else {
                link.wantsRead = false
                return
            }
            let direct = directRead(link)
            if direct == nil, wantsLargeBuffer, !hasLargeBuffer, buffer.count == 0 { growBuffer() }
            switch direct?.transfer ?? link.read(into: &buffer) {
            case .moved(let count):
                // Whoever gave less than was asked for has no more: on a plain link that is told.
                let isLast = link.isPlain && (direct?.hasSpareRoom ?? buffer.hasSpareRoom)
                context.traffic.received.add(count, ordering: .relaxed)
                pace.moved(count, now: MonotonicClock.now)
                if stage == .lingering { buffer.consume(buffer.count) } else { pump(link, direct) }
                if link.isClosed || isLast { return }
            case .wouldBlock: return
            case .ended: return peerEnded(link)
            case .failed(let error): return link.close(error: error)
            }
        }
    }

    func writable(_ link: Link) { flush(link) }

    func deadlineReached(_ link: Link, now: Duration) {
        guard greeting == nil else { return link.close() }
        guard pace.isExpired(now: now) else {
            link.deadline = pace.deadline
            return
        }
        switch stage {
        case .reading where exchange.isInsideHead, .receiving:
            abortSink()
            fail(.failure(408, "the request came too slowly"), link)
        default: link.close()
        }
    }

    func closed(_ link: Link, error: SocketError?) {
        abortSink()
        output.cut()
        leaveLargeBuffer()
        if stage == .deciding || stage == .receiving || stage == .writing {
            closeAccount(isWhole: false)
        }
        context.table.leave(link.id, from: isWelcome ? peer : nil)
        context.census.leave()
    }

    private func abortSink() {
        sink?.aborted()
        sink = nil
        isHeld = false
    }

    private func peerEnded(_ link: Link) {
        guard stage != .lingering else { return link.close() }
        // Nothing is written while reading is on, so there is no answer to wait for.
        _ = exchange.peerClosed(unread: buffer.count)
        link.close()
    }

    func enter(_ stage: Stage, _ phase: ConnectionPace.Phase, _ link: Link) {
        self.stage = stage
        pace.enter(phase, now: MonotonicClock.now)
        link.deadline = pace.deadline
        // Switched off only when bytes come too early: most requests are answered before that.
        if readsNow { link.wantsRead = true }
    }

    private var readsNow: Bool {
        stage == .reading || stage == .receiving && !isHeld || stage == .lingering
    }
}

extension ServerConnection {
    /// Reads a body once, straight to where its sink keeps it. Nil: it keeps it nowhere, or the
    /// window has something to be acted upon before.
    private func directRead(_ link: Link) -> DirectRead? {
        stage == .receiving && buffer.count == 0 ? sink?.read(from: link) : nil
    }

    /// Acts on what the window holds, until more bytes or somebody's decision are needed.
    /// - Parameter direct: What the sink has read and taken, and the machine must know of.
    func pump(_ link: Link, _ direct: DirectRead? = nil) {
        if let direct { count(direct.bytes, link) }
        // An answer that is written at once ends here again; the loop below goes on with it.
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while !link.isClosed, stage == .reading || stage == .receiving && !isHeld {
            if answerPrepared(link) { continue }
            do throws(HTTPWireError) {
                switch try exchange.next(buffer.span) {
                case .needMore(let consumed):
                    buffer.consume(consumed)
                    if stage == .reading, exchange.isInsideHead { enter(.reading, .head, link) }
                    return
                case .request(let head, let framing, let expectation, let size):
                    if framing == .none { repeated.learn(head, buffer.span, size: size) }
                    buffer.consume(size)
                    begin(
                        ServerRequest(head: head, framing: framing, peer: peer), expectation, link)
                case .body(let range):
                    account.received += range.count
                    let early = sink?.received(buffer.span.extracting(range))
                    buffer.consume(range.upperBound)
                    if let early {
                        refuse(early, link)
                    } else if sink?.isFull == true {
                        hold(link)
                    }
                case .requestEnd(let consumed):
                    buffer.consume(consumed)
                    bodyEnded(link)
                case .waiting, .closed: return
                }
            } catch { malformed(error, link) }
        }
    }

    /// Has the machine count what lies in its place already.
    private func count(_ bytes: Bytes, _ link: Link) {
        do throws(HTTPWireError) {
            _ = try exchange.next(bytes.span)
            account.received += bytes.count
        } catch { malformed(error, link) }
    }

    private func malformed(_ error: HTTPWireError, _ link: Link) {
        context.traffic.malformed.add(1, ordering: .relaxed)
        abortSink()
        fail(.failure(error.status, error.message, code: error.code), link)
    }

    private func begin(
        _ request: ServerRequest, _ expectation: ServerExchange.Expectation, _ link: Link
    ) {
        serial += 1
        self.request = request
        openAccount(request)
        if let refusal { return refuse(refusal, link) }
        self.expectation = expectation
        enter(.deciding, .answering, link)
        if expectation == .unknown {
            decide(.answer(.failure(417, "only 100-continue is understood")), link)
        } else {
            let reply = ServerReply(
                handle: link.handle(for: ServerConnection.self), serial: serial)
            decide(context.service.begin(request, reply: reply), link)
        }
    }

    /// A decision that came from another thread; the connection may have gone on without it.
    func decide(_ decision: ServerDecision, serial: Int, _ link: Link) {
        guard serial == self.serial, stage == .deciding, !link.isClosed else {
            if case .receive(let sink) = decision { sink.aborted() }
            return
        }
        decide(decision, link)
        pump(link)
    }

    private func decide(_ decision: ServerDecision, _ link: Link) {
        switch decision {
        case .later: break
        case .receive(let sink): receive(sink, link)
        case .answer(let answer):
            let isBodyRead = exchange.isRequestWhole
            let isSmall = (request?.contentLength ?? 0) <= Self.discardLimit
            if isBodyRead {
                send(answer, link)
            } else if isSmall, expectation == .none, !answer.closes {
                // Cheaper than a new connection: read the little that comes, then answer.
                receive(DiscardSink(limit: Self.discardLimit, then: answer), link)
            } else {
                refuse(answer, link)
            }
        }
    }

    private func receive(_ sink: any BodySink, _ link: Link) {
        self.sink = sink
        let length = request?.contentLength ?? Int.max
        wantsLargeBuffer = length >= Self.largeBody
        enter(.receiving, .body, link)
        if expectation == .continue100, length > 0, buffer.count == 0 {
            output.append(Bytes(utf8: "HTTP/1.1 100 Continue\r\n\r\n"))
            flushInterim(link)
        }
    }

    /// The sink is full. It is the server that takes its time now.
    private func hold(_ link: Link) {
        isHeld = true
        link.wantsRead = false
        enter(.receiving, .answering, link)
    }

    /// The sink of a request has room again.
    func resume(serial: Int, _ link: Link) {
        guard isHeld, serial == self.serial, stage == .receiving, !link.isClosed else { return }
        isHeld = false
        enter(.receiving, .body, link)
        pump(link)
    }

    private func bodyEnded(_ link: Link) {
        enter(.deciding, .answering, link)
        guard let sink = self.sink else { return }
        self.sink = nil
        decide(
            sink.ended(
                ServerReply(
                    handle: link.handle(for: ServerConnection.self), serial: serial)), link)
    }

    /// Answers although the body has not been read: the connection cannot go on after that.
    private func refuse(_ answer: ServerAnswer, _ link: Link) {
        abortSink()
        fail(answer, link)
    }

    /// Takes much room for a large upload, unless many others have it.
    private func growBuffer() {
        let others = context.largeBuffers.add(1, ordering: .relaxed).oldValue
        guard others < ServerContext.largeBufferLimit else {
            context.largeBuffers.subtract(1, ordering: .relaxed)
            return
        }
        buffer = ReceiveBuffer(chunk: Self.largeChunk, limit: Self.largeChunk)
        hasLargeBuffer = true
    }

    /// Gives the memory of a large upload back once it is over.
    func shrinkBuffer() {
        wantsLargeBuffer = false
        guard hasLargeBuffer, buffer.count == 0 else { return }
        buffer = ReceiveBuffer(chunk: Self.smallChunk, limit: Self.largeChunk)
        leaveLargeBuffer()
    }

    private func leaveLargeBuffer() {
        guard hasLargeBuffer else { return }
        context.largeBuffers.subtract(1, ordering: .relaxed)
        hasLargeBuffer = false
    }
}
