internal import BridgeBytes

/// What happens to a client: its user's wishes, the words of servers, ends and time.
extension ClientMachine {
    package mutating func start(now: Duration) -> [Action] {
        guard phase == .idle else { return [] }
        phase = .running
        var actions: [Action] = []
        advance(now, &actions)
        return actions
    }

    /// The user wants no connection before `resumed`.
    package mutating func suspended(now: Duration) -> [Action] {
        guard phase == .running, !isSuspended else { return [] }
        isSuspended = true
        endSearch()
        return [.tell(.suspended)] + connections.indices.flatMap { close($0, .requested) }
    }

    package mutating func resumed(now: Duration) -> [Action] {
        guard phase == .running, isSuspended else { return [] }
        isSuspended = false
        var actions: [Action] = []
        advance(now, &actions)
        return actions
    }

    /// The user wants another connection than the one in use; one that is waited for comes now.
    package mutating func reconnectRequested(now: Duration) -> [Action] {
        guard phase == .running else { return [] }
        if let index = connections.firstIndex(where: { $0.role.hasCarried }) {
            return close(index, .requested)
        }
        guard case .waiting(let server, _) = search else { return [] }
        search = .waiting(server, until: now)
        return timerDue(now: now)
    }

    /// The user names the servers anew.
    package mutating func serversReplaced(_ servers: [ServerURL], now: Duration) -> [Action] {
        pool.replaceServers(servers)
        note(security: servers)
        givenUp = nil
        var actions: [Action] = []
        advance(now, &actions)
        return actions
    }

    /// The user, or the end of what drives the client, ends it.
    package mutating func closeRequested() -> [Action] { end(.requested) }

    mutating func end(_ reason: End) -> [Action] {
        guard phase != .closed, phase != .finished else { return [] }
        phase = .closed
        endSearch()
        let closing = connections.indices.flatMap { close($0, .requested) }
        return [.end(reason)] + closing + finishIfOver()
    }

    private mutating func finishIfOver() -> [Action] {
        guard phase == .closed, connections.isEmpty else { return [] }
        phase = .finished
        return [.finish]
    }

    /// Has a connection closed; its end comes as an input of its own.
    mutating func close(_ index: Int, _ reason: ConnectionMachine.CloseReason) -> [Action] {
        connections[index].machine.close()
        guard connections[index].reason == nil else { return [] }
        connections[index].reason = reason
        return [.close(connections[index].id)]
    }

    // MARK: What servers say

    /// Bytes came on a connection, whatever they mean.
    package mutating func bytesReceived(_ id: ConnectionID, now: Duration) {
        guard let index = index(id) else { return }
        connections[index].machine.bytesReceived(now: now)
    }

    package mutating func infoReceived(
        _ id: ConnectionID, _ info: ServerInfo, now: Duration
    ) -> [Action] {
        guard let index = index(id) else { return [] }
        let action = connections[index].machine.infoReceived(info)
        switch action {
        case .ignore: return []
        case .close(let reason): return close(index, reason)
        case .secure:
            connections[index].info = info
            return [.secure(id)]
        case .authenticate:
            connections[index].info = info
            return [.authenticate(id, info)]
        case .update, .updateAndLeave:
            connections[index].info = info
            var actions: [Action] = []
            if connections[index].role.isInUse {
                actions.append(.update(info))
                noteDiscovered(info, index, &actions)
            }
            if action == .updateAndLeave { beginLeaving(index, now, &actions) }
            return actions
        }
    }

    /// The driver has the credentials that CONNECT is to hold, or cannot get them.
    package mutating func authenticated(
        _ id: ConnectionID, _ failure: CredentialsFailure?
    ) -> [Action] {
        guard let index = index(id) else { return [] }
        if let failure { return close(index, .credentials(failure)) }
        let pings = connections[index].machine.authenticated()
        guard pings > 0 else { return [] }
        let info = connections[index].info
        guard pings > 1 else { return [.sendConnect(id, info, pings: pings)] }
        // What was said in the clear counts for little, and only until the server says it again.
        connections[index].info = info.withoutAddresses
        return [.sendConnect(id, info.nonceAlone, pings: pings)]
    }

    /// The transport stands.
    package mutating func connectionOpened(_ id: ConnectionID) -> [Action] {
        guard let index = index(id) else { return [] }
        return switch connections[index].machine.opened() {
        case .wait: []
        case .secure: [.secure(id)]
        case .close(let reason): close(index, reason)
        }
    }

    /// The cover that was asked for is in place.
    package mutating func secured(_ id: ConnectionID) -> [Action] {
        guard let index = index(id) else { return [] }
        switch connections[index].machine.secured() {
        case .wait, .ignore: return []
        case .authenticate: return [.authenticate(id, connections[index].info.nonceAlone)]
        }
    }

    package mutating func pingReceived(_ id: ConnectionID) -> [Action] {
        guard let index = index(id), connections[index].machine.pingReceived() else { return [] }
        return [connections[index].role.isInUse ? .appendPong : .sendPong(id)]
    }

    package mutating func pongReceived(_ id: ConnectionID, now: Duration) -> [Action] {
        guard let index = index(id) else { return [] }
        switch connections[index].machine.pongReceived() {
        case .ignore: return []
        case .passOn: return [.passPong(id)]
        case .connected: return handshakeDone(index, now)
        case .joined: return joined(index, now)
        }
    }

    private mutating func handshakeDone(_ index: Int, _ now: Duration) -> [Action] {
        pool.connected()
        // What was covered once is never reached in the clear again.
        if connections[index].machine.isSecured { noteSecured() }
        endSearch()
        let hasOther = connections.contains { $0.role.hasCarried }
        guard hasOther else { return feed(index, now) }
        guard connections[index].machine.joinBegan() else { return [] }
        connections[index].role = .joining
        return [.subscribe(connections[index].id)]
    }

    package mutating func errorReceived(_ id: ConnectionID, _ error: ServerError) -> [Action] {
        guard let index = index(id) else { return [] }
        return switch connections[index].machine.errorReceived(error) {
        case .ignore: []
        case .report(let error): [.report(id, error)]
        case .close(let reason): close(index, reason)
        }
    }

    /// What came breaks the protocol.
    package mutating func malformedBytes(_ id: ConnectionID, _ error: WireError) -> [Action] {
        index(id).map { close($0, .protocolViolation(error)) } ?? []
    }

    // MARK: What the transport and the clock say

    package mutating func writeBlocked(_ id: ConnectionID, now: Duration) {
        guard let index = index(id) else { return }
        connections[index].machine.writeBlocked(now: now)
    }

    package mutating func writeProgressed(_ id: ConnectionID) {
        guard let index = index(id) else { return }
        connections[index].machine.writeProgressed()
    }

    /// A connection is gone: because we closed it, or for the reason that the transport gives.
    /// - Parameter wasSlow: Whether we were slow to read.
    package mutating func connectionEnded(
        _ id: ConnectionID, _ reason: ConnectionMachine.CloseReason, wasSlow: Bool, now: Duration
    ) -> [Action] {
        guard let index = index(id) else { return [] }
        let gone = connections.remove(at: index)
        guard phase == .running else { return finishIfOver() }
        let loss = Loss(
            reason: gone.reason ?? gone.machine.meaning(of: reason), server: gone.server,
            wasInUse: gone.role.hasCarried,
            wasSlow: wasSlow)
        var actions: [Action] = []
        if gone.role.hasCarried {
            lose(gone, loss, now, &actions)
        } else {
            if loss.reason != .requested { attemptEnded(loss, gone, now, &actions) }
        }
        advance(now, &actions)
        return actions
    }

    /// The connection in use is gone; one that can take over does.
    private mutating func lose(
        _ gone: Connection, _ loss: Loss, _ now: Duration, _ actions: inout [Action]
    ) {
        actions += [.settle(gone.id), .tell(.lost(loss))]
        if gone.role == .inUse {
            lastLoss = nil
            if let failure = loss.reason.failure {
                pool.failed(failure, now: now, credentials: gone.credentials.identity)
            }
        }
        if let next = readyIndex { actions += feed(next, now) }
    }

    /// Time has passed. Calling early or late does no harm.
    package mutating func timerDue(now: Duration) -> [Action] {
        var actions: [Action] = []
        for index in connections.indices {
            let id = connections[index].id
            switch connections[index].machine.timerDue(now: now) {
            case .wait: break
            case .sendPing(.own): actions.append(.sendPing(id))
            // One that was released has asked its last question; its silence has a deadline.
            case .sendPing(.outbox):
                if connections[index].role.isInUse { actions.append(.appendPing) }
            case .close(let reason): actions += close(index, reason)
            }
        }
        moveOn(now, &actions)
        checkCredentials(now, &actions)
        switch search {
        case .waiting(let server, let time) where now >= time: prepare(server, now, &actions)
        case .preparing(let server, let time) where now >= time:
            token += 1
            fail(server, .transportFailed(Self.noMeansInTime), now, &actions)
        case .idle, .askingTarget, .askingDelay, .waiting, .preparing, .trying: break
        }
        return actions
    }
}
