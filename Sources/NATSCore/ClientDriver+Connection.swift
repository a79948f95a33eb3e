internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// How a connection ended, for the supervisor that makes the next one.
struct ConnectionReport: Sendable {
    let reason: ConnectionMachine.CloseReason
    /// Whether the handshake was done before.
    let wasConnected: Bool
}

/// The control side of the driver: handshake, keep-alive, errors, the end.
extension ClientDriver {
    func handle(_ frame: Frame, _ link: Link) {
        switch frame {
        case .info(let range): handleInfo(window(range), link)
        case .ping:
            guard machine.pingReceived() == .sendPong else { return }
            send(link) { FrameWriter.pong(into: &$0) }
        case .pong: handlePong(link)
        case .error(let range):
            let error = ServerError(parsing: String(repairing: window(range)))
            switch machine.errorReceived(error) {
            case .report(let error): reportError(error)
            case .close(let action): close(link, action)
            case .ignore: break
            }
        case .ok, .message: break
        }
    }

    private func handleInfo(_ text: Bytes, _ link: Link) {
        do throws(WireError) {
            info = try ServerInfo(parsing: text)
        } catch {
            return close(link, machine.malformedBytes(error))
        }
        core.infoReceived(info)
        switch machine.infoReceived(info) {
        case .sendConnectAndPing:
            let options = core.options.connectOptions(for: server, info: info)
            FrameWriter.connect(options, into: &writing.text)
            FrameWriter.ping(into: &writing.text)
            pingMarks.append(0)
            drainHandshake(link)
            link.deadline = machine.deadline
        case .updateAndLeave: core.tell(.lameDuck)
        case .close(let action): close(link, action)
        case .update, .ignore: break
        }
    }

    private func handlePong(_ link: Link) {
        if let mark = pingMarks.popFirst() {
            core.receipts.update { $0.confirmed(upTo: mark) }
        }
        switch machine.pongReceived() {
        case .connected:
            link.deadline = machine.deadline
            isAttached = true
            core.outbox.attach(link.handle) { [core] writer in
                for item in core.subscriptions.withLock({ $0.resubscriptions }) {
                    FrameWriter.subscribe(
                        sid: item.sid, item.pattern, queueGroup: item.queueGroup, into: &writer)
                    if let remaining = item.remaining {
                        FrameWriter.unsubscribe(sid: item.sid, max: remaining, into: &writer)
                    }
                }
            }
            let parked = core.connected(link.handle)
            core.tell(.connected(server: "\(server.host):\(server.port)"))
            flush(parked, link)
            if core.receipts.awaited != nil { fence(link) }
            drain(link)
        case .flushed(Self.fenceID):
            isFenced = false
            if core.receipts.awaited != nil { fence(link) }
        case .flushed(let id): core.flushes.settle(UInt64(id.number), .success(()))
        case .ignore: break
        }
    }

    /// The flush that settles receipts; nobody waits for it by number, those count from 1.
    private static let fenceID = ConnectionMachine.FlushID(0)

    /// Asks what has arrived, one question at a time: its answer asks again if somebody waits for
    /// what was published meanwhile.
    func fence(_ link: Link) {
        guard isAttached, !isFenced, machine.flushRequested(Self.fenceID) == .sendPing else {
            return
        }
        isFenced = true
        sendPing(link)
    }

    /// Sends a PING behind everything that was published, and notes what its PONG will mean.
    private func sendPing(_ link: Link) {
        guard let mark = core.outbox.appendPing() else { return }
        pingMarks.append(mark)
        drain(link)
    }

    /// Sends a PING for each flush, after everything that was published before.
    func flush(_ ids: [UInt64], _ link: Link) {
        for id in ids {
            switch machine.flushRequested(ConnectionMachine.FlushID(Int(id))) {
            case .sendPing: sendPing(link)
            case .refuseNotConnected, .refuseTooMany:
                core.flushes.settle(
                    id,
                    .failure(
                        NATSError(.disconnected, stage: .flush, server: server.description)))
            }
        }
    }

    func deadlineReached(_ link: Link, now: Duration) {
        switch machine.timerDue(now: now) {
        case .wait: break
        case .sendPing: sendPing(link)
        case .close(let action): close(link, action)
        }
        if !link.isClosed { link.deadline = machine.deadline }
    }

    /// Ends what the server refuses: subscriptions, or requests by their subject.
    private func reportError(_ error: ServerError) {
        core.tell(.serverError(error))
        switch error.operation {
        case .subscribe(let subject, let queueGroup, let sid):
            let refused = core.subscriptions.withLock {
                $0.removeRefused(subject: subject, queueGroup: queueGroup, sid: sid)
            }
            let failure = refusal(error, .subscribe, subject)
            for sink in refused { sink.delivery.finish(failure) }
        case .publish(let subject):
            let failure = refusal(error, .request, subject)
            core.requests.settle(subject: subject, .failure(failure))
            core.failManyAnswers(failure) { $0.subject.text == subject }
        case .publishWithReply, nil: break
        }
    }

    private func refusal(
        _ error: ServerError, _ stage: NATSError.Stage, _ subject: String
    ) -> NATSError {
        NATSError(
            .permissionDenied, stage: stage, subject: subject,
            server: "\(server.host):\(server.port)", detail: error.text)
    }

    func close(_ link: Link, _ action: ConnectionMachine.CloseAction) {
        guard let reason = action.reason else { return }
        closeReason = reason
        let failure = NATSError(reason, server: server)
        for id in action.failing { core.flushes.settle(UInt64(id.number), .failure(failure)) }
        link.close()
    }

    func closed(_ link: Link, error: SocketError?) {
        let wasConnected = isAttached
        if closeReason == nil {
            let action =
                error.map { machine.transportFailed($0.description) } ?? machine.closeRequested()
            let reason = action.reason ?? .requested
            let failure = NATSError(reason, server: server)
            for id in action.failing {
                core.flushes.settle(UInt64(id.number), .failure(failure))
            }
            closeReason = reason
        }
        if wasConnected {
            core.disconnected(NATSError(closeReason ?? .requested, server: server))
            var unsent = SendBuffer(capacity: 0)
            swap(&unsent, &writing)
            let next = core.outbox.detach(unsent: unsent)
            core.receipts.update { $0.connectionLost(resumingFrom: next) }
        }
        report(ConnectionReport(reason: closeReason ?? .requested, wasConnected: wasConnected))
    }
}

extension NATSError {
    /// Why a connection ended, as an error.
    init(_ reason: ConnectionMachine.CloseReason, server: ServerURL) {
        let (code, detail): (Code, String) =
            switch reason {
            case .requested: (.closed, "closed on request")
            case .handshakeTimeout: (.connectionFailed, "no handshake in time")
            case .tlsRequired: (.connectionFailed, "the server demands TLS, which is not built in")
            case .stale: (.disconnected, "the server did not answer PING")
            case .serverError(let error):
                (error.remedy == .reauthenticate ? .authorizationFailed : .disconnected, error.text)
            case .protocolViolation(let error): (.protocolViolation, error.description)
            case .peerClosed: (.disconnected, "the server closed the connection")
            case .transportFailed(let words): (.disconnected, words)
            }
        self.init(code, stage: .connect, server: "\(server.host):\(server.port)", detail: detail)
    }
}
