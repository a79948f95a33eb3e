internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Reading a consumer, changing one setting and sending it back changes that setting alone.
@Suite(.needsNATSServer) struct ConsumerUpdateTests {
    /// Settings as another client or a person makes them.
    private static let settings = [
        #""backoff":[1000000000,2000000000],"max_deliver":5"#,
        #""sample_freq":"50","max_batch":7,"max_bytes":4096,"max_expires":9000000000"#,
        #""priority_policy":"overflow","priority_groups":["g"]"#,
        #""replay_policy":"original""#, #""max_waiting":33"#, #""max_ack_pending":-1"#,
        #""deliver_policy":"by_start_sequence","opt_start_seq":7,"num_replicas":1"#,
        #""filter_subjects":["s.a","s.b"],"headers_only":true,"mem_storage":true"#,
        #""inactive_threshold":600000000000,"ack_wait":7000000000,"metadata":{"team":"a"}"#,
    ]

    @Test(arguments: settings)
    func `a change of the description loses nothing`(_ settings: String) async throws {
        try await NATSServerFixture.run { server in
            let url = server.url
            try await within {
                let client = try await NATSClient.connect(NATSClientOptions(servers: [url]))
                let jetStream = JetStream(client: client)
                try await jetStream.createStream(
                    StreamConfiguration(name: "S", subjects: ["s.>"]))
                func ask(_ subject: String, _ body: String) async throws -> JSONObject {
                    let answer = try await client.request(
                        Bytes(utf8: body), to: Subject(subject + ".S.c"))
                    let json = try JSONValue(parsing: answer.payload)
                    #expect(json["error"] == nil)
                    var config = try #require(json["config"]?.objectValue)
                    // The server's own notes, such as the level that a request needs.
                    var notes = config["metadata"]?.objectValue ?? [:]
                    for (key, _) in notes where key.hasPrefix("_nats.") { notes[key] = nil }
                    config["metadata"] = .object(notes)
                    return config
                }
                let before = try await ask(
                    "$JS.API.CONSUMER.CREATE",
                    #"{"stream_name":"S","action":"create","config":{"name":"c","#
                        + #""durable_name":"c","ack_policy":"explicit","#
                        + settings + "}}")
                var configuration = try await jetStream.consumerInfo("c", on: "S").configuration
                configuration.description = "changed"
                try await jetStream.updateConsumer(configuration, on: "S")
                var after = try await ask("$JS.API.CONSUMER.INFO", "")
                #expect(after["description"] == "changed")
                after["description"] = nil
                #expect(after == before)
                await client.close()
            }
        }
    }
}
