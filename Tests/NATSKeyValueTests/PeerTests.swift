internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSKeyValue
internal import NATSWire
internal import TestKit
internal import Testing

/// The same bucket, from here and from nats-py.
@Suite(.needsNATSServer, .needsPythonPeer) struct PeerTests {
    private struct Peer {
        let process: PythonPeer

        func ask(_ request: JSONValue) async throws -> JSONValue {
            let line = String(repairing: request.encoded())
            let answer = try await process.exchange(line)
            let value = try JSONValue(parsing: Bytes(utf8: answer))
            try #require(value["ok"] == true, "\(line): \(answer)")
            return value
        }

        static func base64(_ text: String) -> JSONValue {
            .string(String(repairing: Base64.encode(Bytes(utf8: text).span)))
        }

        static func revisions(_ answer: JSONValue) -> [Int] {
            (answer["entries"]?.arrayValue ?? []).compactMap { $0["revision"]?.intValue }
        }
    }

    private static func run(
        _ body: @escaping @Sendable (JetStream, Peer) async throws -> Void
    ) async throws {
        try await KeyValueStage.run { jetStream in
            let peer = Peer(process: try PythonPeer(script: "kv.py"))
            let server = try #require(jetStream.client.serverInfo)
            let url = "nats://\(server.host):\(server.port)"
            _ = try await peer.ask(["op": "connect", "nats": .string(url)])
            try await body(jetStream, peer)
            try await peer.process.stop()
        }
    }

    @Test func `what is written here is read there`() async throws {
        try await Self.run { jetStream, peer in
            let bucket = try await KeyValueStage.bucket(jetStream)
            try await bucket.put("one", for: "a.b")
            try await bucket.update("two", for: "a.b", expecting: 1)
            try await bucket.create("x", for: "new")
            try await bucket.put("gone", for: "gone")
            try await bucket.delete("gone")
            try await bucket.purge("never")
            let bound = try await peer.ask(["op": "bind", "bucket": "B"])
            #expect(bound["history"] == 3 && bound["values"] == 6)
            let entry = try await peer.ask(["op": "get", "key": "a.b"])["entry"]
            #expect(entry?["value"] == Peer.base64("two") && entry?["revision"] == 2)
            #expect(try await peer.ask(["op": "get", "key": "gone"])["entry"] == .null)
            #expect(try await peer.ask(["op": "keys"])["keys"] == ["a.b", "new"])
            let history = try await peer.ask(["op": "history", "key": "gone"])
            #expect(Peer.revisions(history) == [4, 5])
            #expect(history["entries"]?.arrayValue?.last?["operation"] == "DEL")
            let watched = try await peer.ask(["op": "watch"])
            #expect(Peer.revisions(watched) == [2, 3, 5, 6])
            #expect(watched["entries"]?.arrayValue?.last?["operation"] == "PURGE")
        }
    }

    @Test(arguments: [true, false])
    func `what is written there is read here, with direct reads and without`(
        _ isDirect: Bool
    ) async throws {
        try await Self.run { jetStream, peer in
            _ = try await peer.ask([
                "op": "make", "bucket": "B", "history": 4, "direct": .bool(isDirect),
            ])
            _ = try await peer.ask(["op": "put", "key": "k", "value": Peer.base64("one")])
            let bucket = try await jetStream.keyValue("B")
            #expect(try await bucket.status().configuration.history == 4)
            var watch = try bucket.watch().makeAsyncIterator()
            #expect(try await watch.next()?.entry?.text == "one")
            let updated = try await peer.ask([
                "op": "update", "key": "k", "value": Peer.base64("two"), "last": 1,
            ])
            #expect(updated["revision"] == 2)
            let entry = try #require(try await bucket.get("k"))
            #expect(entry.text == "two" && entry.revision == 2 && entry.headers.isEmpty)
            _ = try await peer.ask(["op": "delete", "key": "k"])
            #expect(try await bucket.get("k") == nil)
            #expect(try await bucket.create("three", for: "k") == 4)
            #expect(try await peer.ask(["op": "get", "key": "k"])["entry"]?["revision"] == 4)
            _ = try await peer.ask(["op": "purge", "key": "k"])
            let history = try await bucket.history(of: "k")
            #expect(history.map(\.operation) == [.purge])
            guard case .caughtUp? = try await watch.next() else {
                Issue.record("the mark is missing")
                return
            }
            for revision in 2...5 as ClosedRange<UInt64> {
                #expect(try await watch.next()?.entry?.revision == revision)
            }
        }
    }

    @Test func `writes have the headers that the others write`() async throws {
        try await KeyValueStage.run { jetStream in
            guard try await KeyValueStage.hasTimeToLive(jetStream) else { return }
            let bucket = try await KeyValueStage.bucket(jetStream) {
                $0.limitMarkerTTL = .seconds(600)
            }
            let frames = try jetStream.client.subscribe(to: "$KV.B.>").makeAsyncIterator()
            try await jetStream.client.flush()
            try await bucket.put("v", for: "a")
            try await bucket.update("v", for: "a", expecting: 1)
            try await bucket.create("v", for: "b", timeToLive: .seconds(600))
            try await bucket.delete("a")
            try await bucket.purge("b", timeToLive: .seconds(600))
            let expected = [
                [], ["Nats-Expected-Last-Subject-Sequence: 1"],
                ["Nats-Expected-Last-Subject-Sequence: 0", "Nats-TTL: 600"],
                ["KV-Operation: DEL"],
                ["KV-Operation: PURGE", "Nats-TTL: 600", "Nats-Rollup: sub"],
            ]
            var iterator = frames
            for lines in expected {
                let message = try #require(try await iterator.next())
                let headers = try message.headers.map { "\($0.name): \($0.value)" }
                #expect(headers == lines)
            }
        }
    }
}
