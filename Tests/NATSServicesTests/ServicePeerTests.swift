internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSServices
internal import NATSWire
internal import TestKit
internal import Testing

/// Services here and in nats-py.
@Suite(.needsNATSServer, .needsPythonPeer) struct ServicePeerTests {
    private struct Peer {
        let process: PythonPeer

        func ask(_ request: JSONValue) async throws -> JSONValue {
            let line = String(repairing: request.encoded())
            let answer = try await process.exchange(line)
            let value = try JSONValue(parsing: Bytes(utf8: answer))
            try #require(value["ok"] == true, "\(line): \(answer)")
            return value
        }
    }

    private static func run(
        _ body: @escaping @Sendable (NATSClient, Peer) async throws -> Void
    ) async throws {
        try await ServiceStage.run { client in
            let peer = Peer(process: try PythonPeer(script: "services.py"))
            let server = try #require(client.serverInfo)
            let url = "nats://\(server.host):\(server.port)"
            _ = try await peer.ask(["op": "connect", "nats": .string(url)])
            try await body(client, peer)
            try await peer.process.stop()
        }
    }

    @Test func `a service there is found and asked here`() async throws {
        try await Self.run { client, peer in
            let id = try await peer.ask(["op": "serve"])["id"]?.stringValue
            let identity = try #require(try await client.services.ping("calc").first)
            #expect(identity.id == id && identity.version == "1.2.3")
            #expect(identity.metadata == ["env": "test"])
            let answer = try await client.requestService("abc", at: "upper", timeout: patience)
            #expect(try answer.text == "ABC" && answer.headers["X-A"] == "1")
            let bad = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("abc", at: "calc.bad", timeout: patience)
            }
            #expect(bad?.number == 400 && bad?.text == "no digits")
            #expect(bad?.payload == Bytes(utf8: #"{"e":1}"#))
            let boom = await ServiceStage.refusal { () throws(ServiceError) in
                try await client.requestService("abc", at: "v1.boom", timeout: patience)
            }
            #expect(boom?.number == 500 && boom?.text.contains("kaput") == true)
            let info = try #require(try await client.services.info("calc", id: identity.id).first)
            #expect(info.description == "adds" && info.identity == identity)
            #expect(info.endpoints.map(\.name) == ["upper", "bad", "boom"])
            #expect(info.endpoints.map(\.queueGroup) == ["q", "mine", "q"])
            #expect(info.endpoints.map(\.metadata) == [["k": "v"], [:], [:]])
            let statistics = try await client.services.statistics("calc").first
            #expect(statistics?.endpoints.first?.requests == 1 && statistics?.started != nil)
        }
    }

    @Test func `a service here is found and asked there`() async throws {
        try await Self.run { client, peer in
            var configuration = ServiceStage.calculator
            configuration.metadata = ["env": "test"]
            configuration.description = "adds"
            let service = try await client.startService(configuration)
            try await service.root.endpoint("upper") { request in
                ServiceReply(request.text?.uppercased() ?? "", headers: ["X-A": "1"])
            }
            try await service.root.endpoint("bad") { _ in
                throw ServiceError(400, "no digits", payload: "why")
            }
            let answer = try await peer.ask(["op": "ask", "subject": "upper", "text": "abc"])
            #expect(answer["text"] == "ABC" && answer["headers"]?["X-A"] == "1")
            let bad = try await peer.ask(["op": "ask", "subject": "bad", "text": "abc"])
            #expect(bad["headers"]?["Nats-Service-Error"] == "no digits")
            #expect(bad["headers"]?["Nats-Service-Error-Code"] == "400" && bad["text"] == "why")
            while service.statistics.endpoints.map(\.requests) != [1, 1] { await Task.yield() }
            for verb in ["PING", "INFO", "STATS"] {
                for place in ["", ".calc", ".calc.\(service.id)"] {
                    let subject = "$SRV.\(verb)\(place)"
                    let found = try await peer.ask(["op": "find", "subject": .string(subject)])
                    let told = try #require(found["answer"])
                    #expect(told["id"]?.stringValue == service.id && told["name"] == "calc")
                    #expect(told["version"] == "1.2.3" && told["metadata"]?["env"] == "test")
                    try Self.check(told, verb)
                }
            }
            await service.stop()
        }
    }

    private static func check(_ told: JSONValue, _ verb: String) throws {
        let endpoints = told["endpoints"]?.arrayValue ?? []
        switch verb {
        case "INFO":
            #expect(told["type"] == "io.nats.micro.v1.info_response")
            #expect(told["description"] == "adds")
            #expect(endpoints.map { $0["subject"] } == ["upper", "bad"])
            #expect(endpoints.first?["queue_group"] == "q")
        case "STATS":
            #expect(told["type"] == "io.nats.micro.v1.stats_response")
            #expect(endpoints.map { $0["num_errors"] } == [0, 1])
            #expect(endpoints.last?["last_error"] == "400:no digits")
            #expect((endpoints.first?["processing_time"]?.intValue ?? 0) > 0)
        default:
            #expect(told["type"] == "io.nats.micro.v1.ping_response")
        }
    }
}
