internal import BridgeBytes
internal import Synchronization

extension Intake {
    /// One that consumes, for as long as it is referenced. With the last one everything ends.
    final class Consumer: Sendable {
        private let intake: Intake
        private let id: Int
        /// What was passed over since the last message, kept also over a cancelled wait.
        private let skipped = Mutex(SkippedMessages())

        init(_ intake: Intake) {
            self.intake = intake
            id = intake.state.withLock { state in
                state.nextTicket += 1
                state.consumers.insert(state.nextTicket)
                return state.nextTicket
            }
            intake.begin()
        }

        deinit { intake.leave(id) }

        /// The next message or mark; suspends while there is none. A cancelled task gets
        /// `cancelled`, and nothing is lost by that.
        func next(isolation: isolated (any Actor)? = #isolation) async -> Event {
            let ticket: Int
            switch intake.ask(id) {
            case .event(let event): return event
            case .ticket(let number): ticket = number
            }
            await withTaskCancellationHandler {
                _ = isolation
                await withCheckedContinuation { continuation in
                    intake.wait(ticket, id, continuation)
                }
            } onCancel: {
                intake.giveUp(ticket)
            }
            return intake.event(ticket)
        }

        /// The next message or mark; nil at the end, and in a task that is cancelled.
        func nextElement(
            isolation: isolated (any Actor)? = #isolation
        ) async throws(BridgeError) -> Element? {
            switch await next() {
            case .element(let element): return element
            case .failed(let error): throw error
            case .end, .cancelled: return nil
            }
        }

        /// The next message that can be used; what comes before it is told, and travels with it.
        /// Nil likewise.
        func nextMessage(
            isolation: isolated (any Actor)? = #isolation
        ) async throws(BridgeError) -> Received? {
            while let element = try await nextElement() {
                switch element.result {
                case .success(var message):
                    message.skipped = skipped.withLock { $0.take() }
                    return message
                case .failure(let error):
                    skipped.withLock { $0.add(error) }
                    intake.options.onFailure?(error)
                }
            }
            return nil
        }
    }

    private enum Answer {
        case event(Event)
        case ticket(Int)
    }

    private func ask(_ consumer: Int) -> Answer {
        let (answer, wakes) = state.withLock { state -> (Answer, Wakes) in
            processed(consumer, &state)
            if Task.isCancelled { return (.event(.cancelled), settle(&state)) }
            if state.waiters.isEmpty, let event = take(&state) {
                handedOut(event, to: consumer, &state)
                return (.event(event), settle(&state))
            }
            state.nextTicket += 1
            return (.ticket(state.nextTicket), settle(&state))
        }
        carryOut(wakes)
        return answer
    }

    private func wait(
        _ ticket: Int, _ consumer: Int, _ continuation: CheckedContinuation<Void, Never>
    ) {
        let (isOver, wakes) = state.withLock { state -> (Bool, Wakes) in
            // A cancellation that came before found no waiter to end.
            guard !Task.isCancelled else { return (true, Wakes()) }
            state.waiters.append(
                Waiter(ticket: ticket, consumer: consumer, continuation: continuation))
            return (false, settle(&state))
        }
        if isOver { continuation.resume() }
        carryOut(wakes)
    }

    private func giveUp(_ ticket: Int) {
        let (waiter, wakes) = state.withLock { state -> (Waiter?, Wakes) in
            guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                return (nil, Wakes())
            }
            return (state.waiters.remove(at: index), settle(&state))
        }
        waiter?.continuation.resume()
        carryOut(wakes)
    }

    /// What a wait came to.
    private func event(_ ticket: Int) -> Event {
        state.withLock { $0.events.removeValue(forKey: ticket) } ?? .cancelled
    }

    /// A consumer is done with what it got.
    private func processed(_ consumer: Int, _ state: inout State) {
        state.busy.remove(consumer)
        guard let begin = state.begun.removeValue(forKey: consumer) else { return }
        bridge.counters.processed(now - begin)
    }

    private func leave(_ consumer: Int) {
        var isLast = false
        change { state in
            processed(consumer, &state)
            state.consumers.remove(consumer)
            isLast = state.consumers.isEmpty
        }
        if isLast { close() }
    }
}
