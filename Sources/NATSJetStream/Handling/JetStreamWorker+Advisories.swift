internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

/// Messages whose deliveries are used up although no worker gave them up: those that held them
/// were lost, or never said anything. The server tells of each in an advisory, and one worker of
/// the consumer hears it.
extension JetStreamWorker {
    /// What hears the server's advisories.
    struct AdvisoryWatch: Sendable {
        let subscription: NATSSubscription
        let loop: Task<Void, Never>

        /// Hears no more, and stores what was heard.
        func end() async {
            subscription.unsubscribe()
            await loop.value
        }
    }

    /// Begins to hear the advisories; nil when nobody wants to know, or it cannot be.
    func hearAdvisories() -> AdvisoryWatch? {
        guard options.deadLetterSubject != nil || options.onEvent != nil else { return nil }
        do throws(JetStreamError) {
            let subscription = try subscribe()
            return AdvisoryWatch(
                subscription: subscription, loop: Task { await hear(subscription) })
        } catch {
            told(.advisoriesUnheard(error))
            return nil
        }
    }

    private func subscribe() throws(JetStreamError) -> NATSSubscription {
        let name = "\(consumer.stream).\(consumer.name)"
        let pattern: SubjectPattern
        let group: QueueGroup
        do throws(SubjectError) {
            pattern = try SubjectPattern("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.\(name)")
            group = try QueueGroup("workers.\(name)")
        } catch {
            throw JetStreamError(
                .invalidArgument, operation: "work", stream: consumer.stream,
                detail: error.description)
        }
        do throws(NATSError) {
            return try consumer.jetStream.client.subscribe(to: pattern, queueGroup: group)
        } catch {
            throw JetStreamError(error, operation: "work", stream: consumer.stream)
        }
    }

    private func hear(_ subscription: NATSSubscription) async {
        do throws(NATSError) {
            for try await message in subscription {
                guard let advisory = try? message.decode(DeliveriesAdvisory.self),
                    advisory.stream == consumer.stream, advisory.consumer == consumer.name
                else { continue }
                await heard(advisory)
            }
        } catch {
            told(
                .advisoriesUnheard(
                    JetStreamError(error, operation: "work", stream: consumer.stream)))
        }
    }

    private func heard(_ advisory: DeliveriesAdvisory) async {
        let message = try? await consumer.jetStream.message(
            advisory.streamSequence, in: advisory.stream)
        let letter = DeadLetter(advisory, message: message)
        if await store(letter) { told(.rejected(letter)) }
    }
}
