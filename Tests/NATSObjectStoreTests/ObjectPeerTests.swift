internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSObjectStore
internal import NATSWire
internal import TestKit
internal import Testing

/// The same store, from here and from nats-py.
@Suite(.needsNATSServer, .needsPythonPeer) struct ObjectPeerTests {
    private static func run(
        _ body:
            @escaping @Sendable (
                JetStream, (JSONValue) async throws -> JSONValue
            ) async throws -> Void
    ) async throws {
        try await ObjectStoreStage.run { jetStream in
            let peer = try PythonPeer(script: "objects.py")
            let server = try #require(jetStream.client.serverInfo)
            func ask(_ request: JSONValue) async throws -> JSONValue {
                let line = String(repairing: request.encoded())
                let answer = try await peer.exchange(line)
                let value = try JSONValue(parsing: Bytes(utf8: answer))
                try #require(value["ok"] == true, "\(line.prefix(200)): \(answer)")
                return value
            }
            _ = try await ask([
                "op": "connect", "nats": .string("nats://\(server.host):\(server.port)"),
            ])
            try await body(jetStream, ask)
            try await peer.stop()
        }
    }

    private static func base64(_ bytes: Bytes) -> JSONValue {
        .string(String(repairing: Base64.encode(bytes.span)))
    }

    @Test func `what is stored here is read there`() async throws {
        try await Self.run { jetStream, ask in
            let store = try await ObjectStoreStage.store(jetStream)
            let content = ObjectStoreStage.pattern(300_000)
            var notes = ObjectInfo.Notes(description: "many bytes")
            notes.headers = ["Kind": ["a", "b"]]
            let info = try await store.put(content, as: "dir/ö", notes: notes)
            try await store.put("", as: "empty")
            try await store.put("gone", as: "gone")
            try await store.delete("gone")
            _ = try await ask(["op": "bind", "bucket": "B"])
            let read = try await ask(["op": "get", "name": "dir/ö"])
            #expect(read["data"] == Self.base64(content))
            #expect(read["info"]?["digest"]?.stringValue == info.digest)
            #expect(read["info"]?["chunks"] == 3)
            #expect(read["info"]?["description"] == "many bytes")
            #expect(read["info"]?["headers"]?["Kind"] == ["a", "b"])
            let list = try await ask(["op": "list"])["objects"]?.arrayValue ?? []
            #expect(list.compactMap { $0["name"]?.stringValue } == ["dir/ö", "empty"])
        }
    }

    @Test func `what is stored there is read here`() async throws {
        try await Self.run { jetStream, ask in
            _ = try await ask(["op": "make", "bucket": "B"])
            let part = ObjectStoreStage.pattern(1000)
            let put = try await ask([
                "op": "put", "name": "dir/ö", "data": Self.base64(part), "times": 300,
                "description": "many bytes", "headers": ["Kind": ["a"]],
            ])
            let store = try await jetStream.objectStore("B")
            let info = try #require(try await store.info("dir/ö"))
            #expect(info.size == 300_000 && info.chunks == 3)
            #expect(info.digest == put["info"]?["digest"]?.stringValue)
            #expect(info.notes.description == "many bytes" && info.notes.headers == ["Kind": ["a"]])
            let bytes = try await store.bytes(of: "dir/ö")
            #expect(bytes.count == 300_000 && bytes[299_000..<300_000] == part)
            _ = try await ask(["op": "delete", "name": "dir/ö"])
            #expect(try await store.info("dir/ö") == nil)
            #expect(try await store.objects(includesDeleted: true).count == 1)
            try await store.put("again", as: "dir/ö")
            let read = try await ask(["op": "get", "name": "dir/ö"])
            #expect(read["data"] == Self.base64(Bytes(utf8: "again")))
        }
    }
}
