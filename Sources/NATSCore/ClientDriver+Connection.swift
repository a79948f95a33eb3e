internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What a driver tells the supervisor, which makes the next connection.
enum ConnectionReport: Sendable {
    case ended(ConnectionMachine.CloseReason, wasConnected: Bool, wasSuspectedSlow: Bool)
    /// The connection stands, and its server will stop soon.
    case leaving
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
        // Another connection may be in use yet.
        if isAttached { core.infoReceived(info) }
        switch machine.infoReceived(info) {
        case .sendConnectAndPing:
            var options = core.options.connectOptions(for: server, info: info)
            if let credentials { options.credentials = credentials }
            FrameWriter.connect(options, into: &writing.text)
            FrameWriter.ping(into: &writing.text)
            pingMarks.append(0)
            drainHandshake(link)
            updateDeadline(link)
        case .updateAndLeave: beginLeaving(link)
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
            updateDeadline(link)
            if core.isLeaving { join(link) } else { takeOver(link) }
        case .flushed(Self.joinID):
            guard core.joined(link.handle) else { return takeOver(link) }
            settlesAt = MonotonicClock.now + Self.settlingTime
            updateDeadline(link)
        case .flushed(Self.fenceID):
            isFenced = false
            if core.receipts.awaited != nil { fence(link) }
        case .flushed(let id): core.flushes.settle(UInt64(id.number), .success(()))
        case .ignore: break
        }
        if isLeaving, pingMarks.isEmpty { left(link) }
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
    func sendPing(_ link: Link) {
        guard let mark = core.outbox.appendPing() else { return }
        pingMarks.append(mark)
        drain(link)
    }

    /// Sends a PING for each flush, after everything that was published before.
    func flush(_ ids: [UInt64], _ link: Link) {
        for id in ids {
            // What was published lately goes over the next connection, and so does the question.
            if isLeaving {
                core.requestFlush(id)
                continue
            }
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
        if let time = settlesAt, now >= time {
            settlesAt = nil
            core.settled()
        }
        updateDeadline(link)
    }

    /// Has the reactor call when the next time of this connection comes.
    func updateDeadline(_ link: Link) {
        guard !link.isClosed else { return }
        let deadline = machine.deadline
        link.deadline = settlesAt.map { time in deadline.map { min($0, time) } ?? time } ?? deadline
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
            server: server.name, detail: error.text)
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
        let wasLeaving = core.isLeaving(link.handle)
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
        let now = MonotonicClock.now
        let isSlow = !link.wantsRead || pausedUntil.map { now - $0 < Self.patience } ?? false
        tap?.finish()
        core.unjoined(link.handle)
        if wasConnected {
            let error = NATSError(closeReason ?? .requested, server: server)
            core.disconnected(error)
            // The supervisor has turned to the next connection, and tells nothing of this one.
            if wasLeaving { core.tell(.disconnected(error)) }
            var unsent = SendBuffer(capacity: 0)
            swap(&unsent, &writing)
            let next = core.outbox.detach(unsent: unsent)
            core.receipts.update { $0.connectionLost(resumingFrom: next) }
        }
        // After everything above is settled, a connection that is ready takes over.
        if wasConnected { _ = core.completeMove() }
        report(
            .ended(
                closeReason ?? .requested, wasConnected: wasConnected, wasSuspectedSlow: isSlow))
    }

    /// How long after a pause the end of the connection is taken for the server's impatience.
    private static let patience: Duration = .seconds(10)

    func closeOnRequest(_ link: Link) { close(link, machine.closeRequested()) }
}

extension NATSError {
    /// Why a connection ended, as an error.
    init(_ reason: ConnectionMachine.CloseReason, server: ServerURL) {
        let (code, detail): (Code, String) =
            switch reason {
            case .requested: (.disconnected, "closed on request")
            case .handshakeTimeout: (.connectionFailed, "no handshake in time")
            case .tlsRequired: (.connectionFailed, "the server demands TLS, which is not built in")
            case .stale: (.disconnected, "the server did not answer PING")
            case .writeTimeout: (.disconnected, "the server took no bytes for too long")
            case .serverError(let error):
                (error.remedy == .reauthenticate ? .authorizationFailed : .disconnected, error.text)
            case .protocolViolation(let error): (.protocolViolation, error.description)
            case .peerClosed: (.disconnected, "the server closed the connection")
            case .transportFailed(let words): (.disconnected, words)
            }
        self.init(code, stage: .connect, server: server.name, detail: detail)
    }
}
