internal import BridgeBytes

/// Looking for a server: which one, when, and in which way.
///
/// ## Theory of operation
/// There is one search at a time, and at most one connection that it has opened and that is not
/// ready yet. A search begins whenever a connection is missing: none is in use, or the server of
/// the one in use will stop. It ends with a handshake, or with giving up, which counts only once
/// the connection in use is gone. Answers to what the driver was asked carry the token of their
/// search; those of an earlier one are ignored.
///
/// A server of `handshake_first: auto` gives a client 50 ms to begin with TLS, and then speaks in
/// the clear. One that is farther away, or just slow, never is in time: so who answers TLS that
/// came first with words in the clear is called again at once, and TLS begins behind its INFO. It
/// is demanded all the same, and nothing was sent but our hello.
extension ClientMachine {
    /// Begins a search if one is needed.
    mutating func advance(_ now: Duration, _ actions: inout [Action]) {
        guard phase == .running, !isSuspended, search == .idle else { return }
        // The end of one that was closed comes soon, and its messages are settled then.
        let isClosing = connections.contains { $0.role.hasCarried && $0.reason != nil }
        let isProvided = connections.contains { $0.role.willDo && $0.reason == nil }
        guard !isClosing, !isProvided else { return }
        let isServed = connections.contains { $0.role.hasCarried }
        if let givenUp {
            if !isServed { actions += end(.gaveUp(givenUp, last: lastLoss)) }
            return
        }
        token += 1
        if configuration.asksForTarget, pool.hasConnected, !isServed {
            search = .askingTarget
            actions.append(.askTarget(token: token, pool: pool.pool))
        } else {
            choose(nil, now, &actions)
        }
    }

    mutating func endSearch() {
        search = .idle
        token += 1
    }

    /// The user's choice of the next server; nil: ours.
    package mutating func targetChosen(
        token answered: Int, _ target: ServerURL?, now: Duration
    ) -> [Action] {
        guard answered == token, search == .askingTarget else { return [] }
        var actions: [Action] = []
        choose(target, now, &actions)
        return actions
    }

    private mutating func choose(
        _ target: ServerURL?, _ now: Duration, _ actions: inout [Action]
    ) {
        speaker = nil
        switch pool.nextAttempt(now: now, random: random(), wanted: target) {
        case .giveUp(let reason):
            search = .idle
            givenUp = reason
            advance(now, &actions)
        case .connect(let server, let wait):
            let failures = pool.failures(of: server)
            guard configuration.asksForDelay, failures > 0 else {
                return waitFor(server, wait, now, &actions)
            }
            search = .askingDelay(server, wait)
            actions.append(.askDelay(token: token, failures: failures))
        }
    }

    /// The user's own wait; nil: ours.
    package mutating func delayGiven(
        token answered: Int, _ delay: Duration?, now: Duration
    ) -> [Action] {
        guard answered == token, case .askingDelay(let server, let wait) = search else { return [] }
        var actions: [Action] = []
        waitFor(server, max(.zero, delay ?? wait), now, &actions)
        return actions
    }

    private mutating func waitFor(
        _ server: ServerURL, _ wait: Duration, _ now: Duration, _ actions: inout [Action]
    ) {
        actions.append(.tell(.connecting(server, after: wait)))
        guard wait > .zero else { return prepare(server, now, &actions) }
        search = .waiting(server, until: now + min(wait, Self.longestWait))
    }

    /// Longest wait for an attempt, whatever the user asks for: a year.
    private static let longestWait = Duration.seconds(365 * 86_400)

    /// What was waited for, whoever it is that does not answer.
    static let noMeansInTime = "no address and no credentials in time"

    mutating func prepare(_ server: ServerURL, _ now: Duration, _ actions: inout [Action]) {
        // Whom the driver asks may never answer; that must not be the end of the search.
        search = .preparing(server, until: now + configuration.connection.handshakeTimeout)
        actions.append(.prepare(token: token, server))
    }

    /// The driver has found out how to reach the server, or why there is no way.
    package mutating func prepared(
        token answered: Int, _ result: Result<Means, Unreachable>, now: Duration
    ) -> [Action] {
        guard answered == token, case .preparing(let server, _) = search else { return [] }
        var actions: [Action] = []
        switch result {
        case .success(let means):
            credentials = means.credentials
            guard means.ways > 0 else {
                fail(server, .transportFailed("there is no way to it"), now, &actions)
                break
            }
            search = .trying(server, next: 0, count: means.ways)
            tryNext(now, &actions)
        case .failure(let error):
            credentials = error.credentials
            fail(server, error.reason, now, &actions)
        }
        return actions
    }

    /// Why a server cannot even be tried.
    package struct Unreachable: Error, Equatable {
        package let reason: ConnectionMachine.CloseReason
        /// What the credentials are, where they are the reason.
        package let credentials: Credentials

        package init(_ words: String) {
            reason = .transportFailed(words)
            credentials = Credentials()
        }

        package init(_ failure: CredentialsFailure, _ credentials: Credentials = Credentials()) {
            reason = .credentials(failure)
            self.credentials = credentials
        }
    }

    mutating func fail(
        _ server: ServerURL, _ reason: ConnectionMachine.CloseReason, _ now: Duration,
        _ actions: inout [Action]
    ) {
        search = .idle
        let loss = Loss(reason: reason, server: server, wasInUse: false, wasSlow: false)
        note(loss, credentials, now, &actions)
        advance(now, &actions)
    }

    private mutating func tryNext(_ now: Duration, _ actions: inout [Action]) {
        guard case .trying(let server, let next, let count) = search, next < count else { return }
        search = .trying(server, next: next + 1, count: count)
        let id = newConnection(to: server, now: now)
        actions.append(.open(id, token: token, way: next))
    }

    /// A connection is gone that was never in use: the next way is tried, or the server failed.
    mutating func attemptEnded(
        _ loss: Loss, _ gone: Connection, _ now: Duration, _ actions: inout [Action]
    ) {
        guard gone.role == .attempt else {
            // It was to take over.
            if gone.role != .left { note(loss, gone.credentials, now, &actions) }
            return
        }
        guard case .trying(let server, let next, let count) = search else { return }
        if gone.machine.isAnsweredInClear(loss.reason) {
            actions.append(.tell(.failed(loss)))
            speaker = server
            return prepare(server, now, &actions)
        }
        guard next == count else {
            actions.append(.tell(.failed(loss)))
            return tryNext(now, &actions)
        }
        search = .idle
        note(loss, gone.credentials, now, &actions)
    }

    /// Counts a failure against its server.
    private mutating func note(
        _ loss: Loss, _ credentials: Credentials, _ now: Duration, _ actions: inout [Action]
    ) {
        lastLoss = loss
        let isSpare = connections.contains { $0.role.hasCarried }
        if let failure = loss.reason.failure {
            pool.failed(
                failure, now: now, isSpare: isSpare, credentials: credentials.identity)
        }
        actions.append(.tell(.failed(loss)))
    }

    /// Takes over what the server in use says about its cluster.
    mutating func noteDiscovered(_ info: ServerInfo, _ index: Int, _ actions: inout [Action]) {
        guard connections[index].role == .inUse else { return }
        let change = pool.discovered(
            info.connectURLs, isSecured: connections[index].machine.isSecured)
        guard !change.added.isEmpty || !change.removed.isEmpty else { return }
        actions.append(.tell(.serversChanged(added: change.added, removed: change.removed)))
    }
}
