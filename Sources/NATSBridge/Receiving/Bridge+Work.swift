internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import NATSCore
public import NATSJetStream

extension Bridge {
    /// Works on the messages of a consumer, some at a time, with their payloads as values:
    /// `try await bridge.work(on: orders) { order in try await ship(order.rows()) }`.
    ///
    /// From its receipt to the end of its handler the server is told that work on a message goes
    /// on, also while its links are fetched, however long that takes. A handler that returns has
    /// done its message. When it throws, or the message cannot be read now, the message is
    /// delivered again, after waits that grow, until the consumer's `maxDeliver` is reached; one
    /// that can never be read, or whose handler throws `WorkVerdict.reject`, is given up, with a
    /// record where the options say. It returns when the bridge or its client drains, or is closed,
    /// or when the task is cancelled.
    ///
    /// Cancelling the task cancels handlers and downloads; what they do not finish is given back to
    /// the server at once.
    /// - Returns: How many messages were done, and what became of the others.
    /// - Throws: `BridgeError` in the stage `receive`, with the codes of `JetStreamWorker.run()`:
    ///   `invalidArgument`, `consumerDeleted`, `tooLarge`, `permissionDenied`, `refused` or
    ///   `closed`.
    @discardableResult
    public func work(
        on consumer: PullConsumer, options: BridgeWorkOptions = BridgeWorkOptions(),
        _ handler: @escaping @Sendable (Received) async throws -> Void
    ) async throws(BridgeError) -> WorkTally {
        try checkOpen(.receive)
        let removes = options.removesPayloads
        let worker = consumer.worker(
            stepping: options.working.reading(confirming: removes)
        ) { message in
            let received = try await self.read(message, options)
            try await handler(received)
            return removes ? self.removal(of: received.envelope) : nil
        }
        workers.add(worker)
        defer { workers.remove(worker) }
        let result = await withTaskGroup(of: Result<Void, JetStreamError>?.self) { group in
            group.addTask {
                do throws(JetStreamError) { return .success(try await worker.run()) } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await self.end.wait()
                return nil
            }
            var result = Result<Void, JetStreamError>.success(())
            for await outcome in group {
                if let outcome { result = outcome }
                group.cancelAll()
            }
            return result
        }
        do throws(JetStreamError) { try result.get() } catch {
            // With the bridge its client is closed, and whatever saw that first tells the same.
            guard end.isOver && error.code == .closed else {
                throw BridgeError(error, stage: .receive)
            }
        }
        return worker.tally
    }

    /// The removal of what an envelope's links lead to; nil without links.
    private func removal(of envelope: Envelope) -> (@Sendable () async -> Void)? {
        let links = envelope.links
        guard !links.isEmpty else { return nil }
        return { await self.remove(links, of: envelope) }
    }

    /// Removes what links lead to, also when the task was cancelled meanwhile.
    private func remove(_ links: [String], of envelope: Envelope) async {
        let (policy, correlationID) = (options.linkPolicy, envelope.correlationID)
        guard let store = options.store else {
            return log(
                correlationID, .download, "payloads not removed: the bridge has no store",
                level: .warning, [])
        }
        let failures = await Task.detached {
            await Self.remove(links, from: store, policy, correlationID)
        }.value
        counters.count { $0.payloadsRemoved += links.count - failures.count }
        for failure in failures {
            log(
                correlationID, .download, "payload not removed: \(failure.code)", level: .warning,
                [
                    LogEvent.Field("url", failure.url),
                    LogEvent.Field("detail", failure.detail),
                ])
        }
    }

    /// Longest time for the removal of the payloads of one message.
    private static let removalLimit: Duration = .seconds(10)

    private static func remove(
        _ links: [String], from store: any ClaimStore, _ policy: LinkPolicy?,
        _ correlationID: String
    ) async -> [ClaimError] {
        await withTaskGroup(of: [ClaimError]?.self) { group in
            group.addTask {
                var failures: [ClaimError] = []
                for link in links {
                    do throws(ClaimError) {
                        try await store.delete(
                            link: link, policy: policy, correlationID: correlationID)
                    } catch {
                        failures.append(error)
                    }
                }
                return failures
            }
            group.addTask {
                try? await ContinuousClock().sleep(for: removalLimit)
                return nil
            }
            var failures: [ClaimError] = []
            // Whoever ends first ends the other: what is cancelled fails by that.
            for await result in group {
                group.cancelAll()
                if let result { failures = result }
            }
            return failures
        }
    }

    /// The values of a message, all of them unless the options say otherwise.
    private func read(
        _ message: JetStreamMessage, _ options: BridgeWorkOptions
    ) async throws(UnusableMessage) -> Received {
        let received: Received
        do throws(BridgeError) {
            received = try await Incoming(
                bridge: self, message: message.message, options: options.receiving,
                position: StreamPosition(message.metadata)
            ).receive()
        } catch {
            throw UnusableMessage(error: error)
        }
        guard !options.takesIncomplete else { return received }
        let failures = received.failures
        if let failure = failures.first(where: \.isTransient) ?? failures.first {
            throw UnusableMessage(error: failure)
        }
        return received
    }
}

extension Envelope {
    /// The links of its payloads, in order.
    fileprivate var links: [String] {
        payloads.compactMap { payload in
            if case .link(let url) = payload.content { url } else { nil }
        }
    }
}
