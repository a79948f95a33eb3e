internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

extension ServerConnection {
    /// Sends the last answer of this connection.
    func fail(_ answer: ServerAnswer, _ link: Link) {
        var answer = answer
        answer.closes = true
        send(answer, link)
    }

    /// Sends the answer to the current request, or to bytes that were none.
    func send(_ answer: ServerAnswer, _ link: Link) {
        var answer = answer
        if case .stream(let stream) = answer.body, stream.size == nil,
            request?.head.version == .http10
        {
            // Its end could not be told from a cut.
            answer = .failure(505, "a body of unknown length needs HTTP/1.1")
        }
        context.service.adorn(&answer, for: request?.head)
        answerCloses = answer.closes || !exchange.keepsConnection || context.table.isEnding
        context.traffic.count(status: answer.status)
        account.status = answer.status
        output.append(head(of: answer))
        let isHead = request?.head.method == "HEAD"
        switch answer.body {
        case .bytes(let bytes) where !isHead: output.append(bytes)
        case .file(let file, let range) where !isHead:
            output.append(file, range, gate: answer.gate)
            if let gate = answer.gate { awaitVerdict(gate, link) }
        case .stream(let stream) where !isHead:
            output.append(stream)
            begin(stream, link)
        default: break
        }
        enter(.writing, .writing, link)
        flush(link)
    }

    /// Has the source of a body begin, and goes on with the answer when it gives something.
    private func begin(_ stream: AnswerStream, _ link: Link) {
        let handle = link.handle(for: ServerConnection.self)
        let serial = self.serial
        stream.start {
            handle.perform { connection, link in
                guard connection.serial == serial, connection.stage == .writing else { return }
                connection.enter(.writing, .writing, link)
                connection.flush(link)
            }
        }
    }

    /// Goes on with the answer when its gate lets more of it out.
    private func awaitVerdict(_ gate: BodyGate, _ link: Link) {
        let handle = link.handle(for: ServerConnection.self)
        let serial = self.serial
        gate.whenChanged {
            handle.perform { connection, link in
                guard connection.serial == serial, connection.stage == .writing else { return }
                connection.enter(.writing, .writing, link)
                connection.flush(link)
            }
        }
    }

    private func head(of answer: ServerAnswer) -> Bytes {
        var fields = FieldList()
        fields.append("Date", context.date.text)
        answer.describe(into: &fields)
        if answerCloses {
            fields.append("Connection", "close")
        } else if request?.head.version == .http10 {
            fields.append("Connection", "keep-alive")
        }
        var writer = ByteWriter(capacity: 512)
        HeadWriter.write(ResponseHead(status: answer.status, fields: fields), into: &writer)
        return writer.finish()
    }

    /// Answers the request at the window's start with what is ready for it; false where the
    /// request is not of that kind, or nothing is ready. What the log is told of goes the long way.
    func answerPrepared(_ link: Link) -> Bool {
        guard stage == .reading, exchange.isBetweenRequests, !context.logsSuccesses,
            refusal == nil,
            let match = repeated.match(buffer.span), !context.table.isEnding,
            let answer = context.service.prepared(
                buffer.span.extracting(match.path), turn: link.turnTime)
        else { return false }
        buffer.consume(match.size)
        exchange.repeatedRequestRead()
        serial += 1
        answerCloses = false
        context.traffic.count(status: 200)
        output.append(context.date.opening)
        output.append(answer.rest)
        enter(.writing, .writing, link)
        flush(link)
        return true
    }

    /// Writes what there is; when an answer is out, the connection goes on or ends.
    func flush(_ link: Link) {
        switch writeOutput(link) {
        case .done:
            link.wantsWrite = false
            if stage == .writing { answerWritten(link) }
        case .blocked, .yielding: link.wantsWrite = true
        case .held:
            // It is the server that takes its time now.
            link.wantsWrite = false
            enter(.writing, .answering, link)
        case .failed(let error): link.close(error: error)
        }
    }

    /// Writes an interim answer; what does not fit now goes out with the next chance.
    func flushInterim(_ link: Link) { flush(link) }

    private func writeOutput(_ link: Link) -> AnswerQueue.Progress {
        var total = 0
        let progress = output.flush(link) { total += $0 }
        if total > 0 {
            context.traffic.sent.add(total, ordering: .relaxed)
            account.sent += total
            pace.moved(total, now: MonotonicClock.now)
        }
        return progress
    }

    private func answerWritten(_ link: Link) {
        closeAccount(isWhole: true)
        switch exchange.answerEnded(closing: answerCloses) {
        case .nextRequest:
            request = nil
            shrinkBuffer()
            enter(.reading, buffer.count > 0 ? .head : .idle, link)
            pump(link)
            if context.table.isEnding { endSoon(link) }
        case .close, .closeLingering:
            // Bytes that were not read would reset the connection and could destroy the answer.
            link.endWriting()
            buffer.consume(buffer.count)
            enter(.lingering, .lingering, link)
        }
    }
}

extension ServerAnswer {
    /// What the Server field says.
    private static let product = "natsbridge/\(LibraryVersion.current)"

    /// Adds all fields of its head but Date and Connection.
    func describe(into fields: inout FieldList) {
        fields.append("Server", Self.product)
        for field in self.fields { fields.append(checked: field.name, field.value) }
        let size: Int? =
            switch body {
            case .none: status == 204 || status == 304 ? nil : 0
            case .bytes(let bytes): bytes.count
            case .file(_, let range): range.count
            case .omitted(let size): size
            case .stream(let stream): stream.size
            }
        if case .stream(let stream) = body, stream.size == nil {
            fields.append("Transfer-Encoding", "chunked")
        }
        if let size { fields.append("Content-Length", String(size)) }
    }

    /// The answer as it is sent to every request that leaves its connection open; nil for one
    /// that is not 200 with bytes.
    var prepared: PreparedAnswer? {
        guard status == 200, !closes, case .bytes(let bytes) = body else { return nil }
        var fields = FieldList()
        describe(into: &fields)
        var writer = ByteWriter(capacity: 1024 + bytes.count)
        HeadWriter.write(fields, into: &writer)
        writer.append(bytes)
        return PreparedAnswer(rest: writer.finish())
    }
}

/// Reads a small body that nobody wants, and then gives the answer that was decided before. When
/// the body turns out not to be small, the answer comes at once, and ends the connection.
final class DiscardSink: BodySink {
    private let answer: ServerAnswer
    private var left: Int

    init(limit: Int, then answer: ServerAnswer) {
        self.answer = answer
        left = limit
    }

    func received(_ span: Span<UInt8>) -> ServerAnswer? {
        left -= span.count
        return left < 0 ? answer : nil
    }

    func ended(_ reply: ServerReply) -> ServerDecision { .answer(answer) }
    func aborted() {}
}
