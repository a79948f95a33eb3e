import BridgeBytes
import BridgeEnvelope
import Foundation
import NATSBridge
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// How a bridge ends, and what runs on its caller's actor while it lives.
@Suite(.needsNATSServer) struct BridgeLifeTests {
    private struct Failure: Error, Equatable {}

    @Test(arguments: [false, true])
    func `what was sent without a confirmation is out when the body ends, by an error too`(
        throwsError: Bool
    ) async throws {
        try await SendStage.run { stage in
            let arrived = try stage.control.subscribe(to: "out")
            try await stage.control.flush()
            let count = 20
            let options = BridgeOptions(client: SendStage.options(stage.server.url))
            do {
                try await Bridge.withBridge(options) { bridge in
                    var unconfirmed = SendOptions()
                    unconfirmed.mode = .unconfirmed
                    // What is sent without a connection waits, and is lost when the client closes.
                    bridge.client.suspend()
                    while bridge.client.isConnected { await Task.yield() }
                    for _ in 0..<count {
                        try await bridge.send(
                            ["t": "x"], to: "out", options: unconfirmed)
                    }
                    bridge.client.resume()
                    if throwsError { throw Failure() }
                }
                #expect(!throwsError)
            } catch {
                #expect(error is Failure && throwsError)
            }
            try stage.control.publish(Bytes(utf8: "last"), to: "out")
            #expect(try await SendStage.arrivals(arrived).count == count)
        }
    }

    @Test func `the body's error counts more than one of the drain`() async throws {
        try await SendStage.run { stage in
            var options = BridgeOptions(client: SendStage.options(stage.proxy.url))
            options.client.reconnects = false
            await #expect(throws: Failure.self) {
                try await Bridge.withBridge(options) { bridge in
                    stage.proxy.goDown()
                    throw Failure()
                }
            }
        }
    }

    /// A service answers the request that it has, while its bridge drains. Returns the answer.
    private static func answerWhileDraining(
        _ service: Bridge, asking other: Bridge
    ) async throws -> Received? {
        let requests = service.messages(on: "ask")
        try await service.client.flush()
        let asking = Task {
            try await other.request(
                ["q": "?"], to: "ask", timeout: patience)
        }
        var iterator = requests.makeAsyncIterator()
        guard let request = try await iterator.next() else { return nil }
        let draining = Task { try await service.drain() }
        // The drain has begun when the server knows of nobody who listens.
        var hasBegun = false
        while !hasBegun {
            do throws(NATSError) {
                _ = try await other.client.request(
                    Bytes(utf8: "probe"), to: "ask", timeout: .milliseconds(10))
            } catch {
                hasBegun = error.code == .noResponders
            }
        }
        try await service.reply(["a": "!"], to: request)
        while try await iterator.next() != nil {}
        try await draining.value
        return try await asking.value
    }

    @Test func `what had come is answered while the bridge drains`() async throws {
        try await SendStage.run { stage in
            let service = try await Bridge.connect(
                BridgeOptions(client: SendStage.options(stage.server.url)))
            let answer = try await Self.answerWhileDraining(service, asking: stage.bridge)
            #expect(answer?["a"]?.bytes == Bytes(utf8: "!"))
            let closed = BridgeError(.closed, stage: .serialize)
            await #expect(throws: closed) { try await service.send([], to: "late") }
        }
    }

    private actor Caller {
        func send(over bridge: Bridge) async throws {
            try await bridge.send(["t": "x"], to: "busy")
        }
        func answer() {}
    }

    /// A sink that holds up the first line of a flow until the caller's actor has done something
    /// else; that prefers the client's thread, so that it needs none of the common ones.
    private final class HoldingSink: Sendable {
        private let watched = Mutex<(Bridge, Caller)?>(nil)
        private let isDone = DispatchSemaphore(value: 0)
        private let results = Mutex<[Bool]>([])

        /// Whether the actor was free each time.
        var wasFree: [Bool] { results.withLock { $0 } }

        func watch(_ bridge: Bridge, _ caller: Caller) {
            watched.withLock { $0 = (bridge, caller) }
        }

        func record(_ event: LogEvent) {
            guard event.stage == "serialize", let (bridge, caller) = watched.withLock({ $0 })
            else { return }
            Task(executorPreference: bridge.client.taskExecutor) {
                await caller.answer()
                self.isDone.signal()
            }
            let isFree = isDone.wait(timeout: .now() + 10) == .success
            results.withLock { $0.append(isFree) }
        }
    }

    @Test func `the caller's actor is free while a message is worked on`() async throws {
        try await SendStage.run { stage in
            let sink = HoldingSink()
            var options = BridgeOptions(client: SendStage.options(stage.server.url))
            options.log = LogSink { sink.record($0) }
            let bridge = try await Bridge.connect(options)
            let caller = Caller()
            sink.watch(bridge, caller)
            try await caller.send(over: bridge)
            #expect(sink.wasFree == [true])
            await bridge.close()
        }
    }
}
