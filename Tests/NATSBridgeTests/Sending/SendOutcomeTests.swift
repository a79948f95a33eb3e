import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSCore
import NATSJetStream
import NATSWire
import TestKit
import Testing

/// What a send says when the network or the server is against it, and what becomes of uploads.
@Suite(.needsNATSServer) struct SendOutcomeTests {
    @Test func `cut as the message arrives, no success is told that did not arrive`() async throws {
        try await SendStage.run { stage in
            let arrived = try stage.control.subscribe(to: "cut")
            try await stage.control.flush()
            var told: [String] = []
            for number in 0..<30 {
                let text = String(repeating: "x", count: number.isMultiple(of: 2) ? 5 : 100_000)
                // Behind the first byte, inside of the message, and about its end.
                let limit = [1, text.utf8.count, text.utf8.count * 4 / 3 + 700][number % 3]
                stage.proxy.set(.with { $0.limit = limit }, .toServer, scope: .present)
                var options = SendOptions()
                options.timeout = patience
                let sent = try await stage.bridge.send(
                    ["a": .text(text)], to: "cut", options: options)
                told.append(sent.envelope.messageID)
            }
            stage.proxy.clear()
            try await stage.control.flush()
            try stage.control.publish(Bytes(utf8: "last"), to: "cut")
            let counts = try await SendStage.arrivals(arrived)
            #expect(told.filter { counts[$0] == nil } == [])
            #expect(Set(counts.keys) == Set(told))
            #expect(stage.proxy.connectionCount > 1)
        }
    }

    @Test func `what may have arrived is sent again with the same envelope, and traced`()
        async throws
    {
        try await SendStage.run { stage in
            let arrived = try stage.control.subscribe(to: "cut")
            try await stage.control.flush()
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toServer, scope: .present)
            let sent = try await stage.bridge.send(
                [SendStage.payload], to: "cut", options: SendStage.linked())
            #expect(sent.attempts == 2 && stage.store.uploads == 1)
            try stage.control.publish(Bytes(utf8: "last"), to: "cut")
            #expect(try await SendStage.arrivals(arrived) == [sent.envelope.messageID: 1])
            let again = try #require(
                stage.trace.events(of: sent.envelope.correlationID).first {
                    $0.message == "publishing again"
                })
            #expect(again.stage == "publish")
            #expect(again.fields.contains(LogEvent.Field("attempt", "2")))
            #expect(again.fields.contains(LogEvent.Field("outcome", "unknown")))
        }
    }

    @Test func `without retries the error says that nobody knows, and the upload stays`()
        async throws
    {
        try await SendStage.run { stage in
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toServer, scope: .present)
            var options = SendStage.linked()
            options.retriesUnknown = false
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send([SendStage.payload], to: "cut", options: options)
                })
            #expect(error.code == .disconnected && error.outcome == .unknown)
            #expect(
                error.detail.hasSuffix(
                    "it may have arrived; its 1 upload stays until its time to live ends"))
            #expect(stage.store.stored == 1)
        }
    }

    private static let denial = """
        authorization { users = [
          { user: bob, password: bob, permissions: { publish: { deny: "secret.>" } } } ] }
        """

    @Test(arguments: [PublishMode.core, .jetStream])
    func `a denied send says so, and leaves no upload behind`(mode: PublishMode) async throws {
        try await SendStage.run(config: Self.denial, user: "bob") { stage in
            let options = SendStage.linked(mode)
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send(
                        [SendStage.payload], to: "secret.x", options: options)
                })
            #expect(error.code == .permissionDenied && error.stage == .publish)
            #expect(error.subject == "secret.x" && error.outcome == .denied)
            #expect(error.detail.hasSuffix("it was refused; its 1 upload was deleted"))
            #expect(stage.store.uploads == 1 && stage.store.stored == 0)
        }
    }

    @Test(arguments: [PublishMode.core, .jetStream], [#"secret."x""#, "secret.\u{200B}"])
    func `a denied subject that is quoted differently is found all the same`(
        mode: PublishMode, subject: String
    ) async throws {
        try await SendStage.run(config: Self.denial, user: "bob") { stage in
            let subject = try Subject(subject)
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send(
                        [SendStage.payload], to: subject, options: SendStage.linked(mode))
                })
            #expect(error.code == .permissionDenied && error.outcome == .denied)
            #expect(stage.store.uploads == 1 && stage.store.stored == 0)
        }
    }

    @Test(arguments: ["NATSBridge-Version", "natsbridge-payload-type", "Nats-Msg-Id"])
    func `headers that belong to the contract cannot be given`(name: String) async throws {
        try await SendStage.run { stage in
            var options = SendStage.linked(.jetStream)
            options.headers.append(try HeaderName(name), "1")
            let given = options
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send([SendStage.payload], to: "s", options: given)
                })
            #expect(error.code == .invalidArgument && error.detail.contains(name))
            #expect(stage.store.uploads == 0)
        }
    }

    @Test func `a denied request says so, and leaves no upload behind`() async throws {
        try await SendStage.run(config: Self.denial, user: "bob") { stage in
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    _ = try await stage.bridge.request(
                        [SendStage.payload], to: "secret.x", options: SendStage.linkedRequest,
                        timeout: patience)
                })
            #expect(error.code == .permissionDenied && error.outcome == .denied)
            #expect(stage.store.uploads == 1 && stage.store.stored == 0)
        }
    }

    @Test(arguments: [PublishMode.core, .jetStream])
    func `cancelled while the answer is away, the upload of what arrived stays`(
        mode: PublishMode
    ) async throws {
        try await SendStage.run { stage in
            _ = try await JetStream(client: stage.control).createStream(
                StreamConfiguration(name: "S", subjects: ["muted"]))
            let arrived = try stage.control.subscribe(to: "muted")
            try await stage.control.flush()
            stage.proxy.set(.with { $0.swallows = true }, .toClient, scope: .present)
            let send = Task {
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send(
                        [SendStage.payload], to: "muted", options: SendStage.linked(mode))
                }
            }
            _ = try #require(try await arrived.nextBatch())
            send.cancel()
            let error = try #require(await send.value)
            #expect(error.code == .cancelled && error.outcome == .unknown)
            #expect(
                error.detail.hasSuffix(
                    "it may have arrived; its 1 upload stays until its time to live ends"))
            #expect(stage.store.stored == 1 && stage.store.deleted == [])
        }
    }

    @Test func `a request that is cancelled keeps its upload`() async throws {
        try await SendStage.run { stage in
            let silent = try stage.control.subscribe(to: "silent")
            try await stage.control.flush()
            let asking = Task {
                await SendStage.failure { () async throws(BridgeError) in
                    _ = try await stage.bridge.request(
                        [SendStage.payload], to: "silent", options: SendStage.linkedRequest,
                        timeout: patience)
                }
            }
            _ = try #require(try await silent.nextBatch())
            asking.cancel()
            let error = try #require(await asking.value)
            #expect(error.code == .cancelled && error.outcome == .unknown)
            #expect(stage.store.stored == 1)
        }
    }

    @Test(arguments: [PublishMode.core, .unconfirmed, .jetStream])
    func `cancelled between upload and publish, nothing is sent and nothing is left`(
        mode: PublishMode
    ) async throws {
        let sending = Cancellable()
        try await SendStage.run(hook: sending.cancel) { stage in
            let arrived = try stage.control.subscribe(to: "early")
            try await stage.control.flush()
            let send = Task {
                try await stage.bridge.send(
                    [SendStage.payload], to: "early", options: SendStage.linked(mode))
                return ()
            }
            sending.set(send)
            let error = try #require(
                await #expect(throws: BridgeError.self) { try await send.value })
            #expect(error.code == .cancelled && error.outcome == .lost)
            #expect(error.detail == "it was not sent; its 1 upload was deleted")
            #expect(stage.store.uploads == 1 && stage.store.stored == 0)
            try await stage.bridge.client.flush()
            try stage.control.publish(Bytes(utf8: "last"), to: "early")
            #expect(try await SendStage.arrivals(arrived) == [:])
        }
    }

    @Test func `a client that closes while the answer is away leaves the upload`() async throws {
        try await SendStage.run { stage in
            let arrived = try stage.control.subscribe(to: "muted")
            try await stage.control.flush()
            stage.proxy.set(.with { $0.swallows = true }, .toClient, scope: .present)
            let send = Task {
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send(
                        [SendStage.payload], to: "muted", options: SendStage.linked())
                }
            }
            _ = try #require(try await arrived.nextBatch())
            await stage.bridge.close()
            let error = try #require(await send.value)
            #expect(error.code == .closed && error.outcome == .unknown)
            #expect(stage.store.stored == 1)
        }
    }

    @Test func `who waits for room in the outbox waits no longer than told`() async throws {
        let smallOutbox: (inout NATSClientOptions) -> Void = { $0.outboxCapacity = 64 << 10 }
        try await SendStage.run(smallOutbox) { stage in
            stage.bridge.client.suspend()
            while stage.bridge.client.isConnected { await Task.yield() }
            let filling = Bytes([UInt8](repeating: 0, count: 10_000))
            while (try? stage.bridge.client.publish(filling, to: "full")) != nil {}
            var options = SendStage.linked(.unconfirmed)
            options.timeout = .milliseconds(20)
            options.metadata = ["filling": .string(String(repeating: "x", count: 10_000))]
            let fixed = options
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.send([SendStage.payload], to: "full", options: fixed)
                })
            #expect(error.code == .timeout && error.outcome == .lost)
            #expect(stage.store.uploads == 1 && stage.store.stored == 0)
        }
    }

    @Test func `without publishing, the envelope is built and its link is uploaded`() async throws {
        try await SendStage.run { stage in
            let arrived = try stage.control.subscribe(to: "none")
            try await stage.control.flush()
            let sent = try await stage.bridge.send(
                [SendStage.payload], to: "none", options: SendStage.linked(.none))
            #expect(stage.store.stored == 1 && sent.stored == nil)
            try await stage.bridge.client.flush()
            try stage.control.publish(Bytes(utf8: "last"), to: "none")
            #expect(try await SendStage.arrivals(arrived) == [:])
        }
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func `a limit without time is refused before anything is done`(timeout: Duration) async throws {
        try await SendStage.run { stage in
            var options = SendStage.linked()
            options.timeout = timeout
            let refused = BridgeError(.invalidArgument, stage: .plan)
            await #expect(throws: refused) {
                try await stage.bridge.send([SendStage.payload], to: "x", options: options)
            }
            await #expect(throws: refused) {
                try await stage.bridge.request(
                    [SendStage.payload], to: "x", timeout: timeout)
            }
            await #expect(throws: refused) {
                try await stage.bridge.publish(
                    envelope: [], to: "x", options: SendStage.encoded(timeout: timeout))
            }
            #expect(stage.store.uploads == 0)
        }
    }
}
