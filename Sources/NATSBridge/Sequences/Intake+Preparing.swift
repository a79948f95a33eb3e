internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import NATSCore
internal import NATSWire
internal import Synchronization

extension Intake {
    /// Takes a message: what came whole is decoded here, what has links in a task of its own.
    /// Suspends while there is no room for another one.
    /// - Returns: False when nobody wants messages any more.
    func take(_ incoming: Incoming) async -> Bool {
        var incoming = incoming
        // The loop goes on, so nobody is thrown a failure.
        incoming.failureLevel = .warning
        do throws(BridgeError) {
            let opened = try incoming.open()
            let identity =
                dropsDuplicates
                ? ReceivedIdentity(opened.envelope, on: incoming.message.subject) : nil
            if isKnown(identity) {
                duplicateDropped(incoming, opened)
            } else if options.followsLinks, opened.hasLinks {
                change { state in
                    let id = state.machine.arrivedUnready(weight: incoming.message.size)
                    state.held[id] = Held(opened: opened, identity: identity, incoming: incoming)
                }
            } else {
                let received = try incoming.finish(opened, [:])
                if !received.isUnusable { remember(identity) }
                add(Element(incoming: incoming, result: .success(received)))
            }
        } catch {
            add(Element(incoming: incoming, result: .failure(error)))
        }
        return await room()
    }

    /// Takes a mark where messages are missing.
    /// - Parameter loss: An error that `isLoss`.
    func take(_ loss: BridgeError) async -> Bool {
        let error = bridge.logged(loss, .warning)
        bridge.counters.count { counters in
            counters.losses += 1
            counters.messagesLost += loss.lostMessages ?? 0
        }
        add(Element(incoming: nil, result: .failure(error)))
        return await room()
    }

    /// Nothing more will come.
    func end(_ failure: BridgeError? = nil) {
        change { state in
            state.failure = failure
            state.machine.ended()
        }
    }

    private func add(_ element: Element) {
        let weight = element.incoming?.message.size ?? 0
        change { state in
            guard !state.isOver else { return }
            let id = state.machine.arrivedReady(weight: weight, now: now)
            state.held[id] = Held(element: element)
        }
    }

    private func room() async -> Bool {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.machine.isFull, !state.isOver else { return true }
                state.reader = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
        return state.withLock { !$0.isOver }
    }

    /// Begins the preparation of a message.
    func prepare(_ id: Int) {
        let work = state.withLock { state -> (Incoming, Incoming.Opened)? in
            guard let held = state.held[id], let incoming = held.incoming,
                let opened = held.opened
            else { return nil }
            return (incoming, opened)
        }
        guard let (incoming, opened) = work else { return }
        let task = Task { await run(id, incoming, opened) }
        let isOver = state.withLock { state in
            if state.held[id]?.element == nil { state.held[id]?.task = task }
            return state.isOver
        }
        if isOver { task.cancel() }
    }

    private func run(_ id: Int, _ incoming: Incoming, _ opened: Incoming.Opened) async {
        let memory = await incoming.memory(for: opened)
        change { state in state.machine.admitted(id) }
        let fetched = await incoming.fetch(opened, memory)
        let result: Result<Received, BridgeError>
        do throws(BridgeError) {
            result = .success(try incoming.finish(opened, fetched))
        } catch {
            result = .failure(error)
        }
        let element = Element(incoming: incoming, result: result)
        guard finished(id, element, try? memory.get()) else { return }
        duplicateDropped(incoming, opened)
    }

    /// A message is prepared. Returns whether it is a duplicate of one that was faster.
    private func finished(_ id: Int, _ element: Element, _ memory: MessageMemory?) -> Bool {
        var isDuplicate = false
        change { state in
            guard var held = state.held[id] else { return }
            if let identity = held.identity, case .success(let received) = element.result,
                !received.isUnusable
            {
                isDuplicate = !(state.recent?.insert(identity) ?? true)
            }
            if isDuplicate {
                state.held[id] = nil
                return state.machine.dropped(id)
            }
            held.element = element
            held.memory = memory
            held.opened = nil
            held.task = nil
            state.held[id] = held
            state.machine.finished(id, now: now)
        }
        return isDuplicate
    }

    /// Whether a message was handed out before, or will be.
    private func isKnown(_ identity: ReceivedIdentity?) -> Bool {
        guard let identity else { return false }
        return state.withLock { $0.recent?.contains(identity) ?? false }
    }

    private func remember(_ identity: ReceivedIdentity?) {
        guard let identity else { return }
        state.withLock { state in _ = state.recent?.insert(identity) }
    }

    private func duplicateDropped(_ incoming: Incoming, _ opened: Incoming.Opened) {
        bridge.counters.count { $0.duplicatesDropped += 1 }
        bridge.log(
            opened.envelope.correlationID, .receive, "dropped a duplicate", level: .notice,
            [
                LogEvent.Field("subject", incoming.message.subject.text),
                LogEvent.Field("msg_id", opened.envelope.messageID),
                LogEvent.Field("sender_id", opened.envelope.senderID),
            ])
    }
}

extension BridgeError {
    /// What a replay says of messages that left the stream before it came to them.
    init(removed count: Int, from stream: String) {
        self.init(
            .messagesLost, stage: .replay, subject: stream,
            detail: "\(Self.messages(count)) lost: they left the stream before they were read")
        lostMessages = count
    }

    private static func messages(_ count: Int) -> String {
        count == 1 ? "1 message" : "\(count) messages"
    }

    /// What a gap in a subscription says to the consumer of its messages.
    init(_ gap: SubscriptionGap, of pattern: String) {
        let what = gap.messages.map(Self.messages) ?? "an unknown number of messages"
        let why =
            switch gap.cause {
            case .slowConsumer: "the consumer was too slow, so they were dropped"
            case .disconnected:
                "what was published between two connections may not be here"
            }
        self.init(
            .messagesLost, stage: .receive, subject: pattern, detail: "\(what) lost: \(why)")
        lostMessages = gap.messages
    }
}
