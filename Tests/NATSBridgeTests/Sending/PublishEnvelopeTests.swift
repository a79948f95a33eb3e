import BridgeBytes
import NATSBridge
import NATSCore
import NATSWire
import TestKit
import Testing

/// `Bridge.publish`, which sends what somebody else has encoded.
@Suite(.needsNATSServer) struct PublishEnvelopeTests {
    @Test(arguments: [
        #"{"msg_id":"m"}"#, #"{"msgId":"m"}"#, #"{"payloads":[{"data":"AAAA"}],"msg_id":"m"}"#,
    ])
    func `an envelope whose id can be read is sent again`(text: String) async throws {
        try await SendStage.run { stage in
            let arrived = try stage.control.subscribe(to: "cut")
            try await stage.control.flush()
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toServer, scope: .present)
            try await stage.bridge.publish(
                envelope: Bytes(utf8: text), to: "cut", options: SendStage.encoded())
            let batch = try await arrived.nextBatch()
            #expect(batch?.map(\.payload) == [Bytes(utf8: text)])
        }
    }

    @Test(arguments: ["not json", "[]", "{}", #"{"msg_id":""}"#, #"{"msg_id":7}"#])
    func `what nobody could recognise is not sent again`(text: String) async throws {
        try await SendStage.run { stage in
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toServer, scope: .present)
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.publish(
                        envelope: Bytes(utf8: text), to: "cut",
                        options: SendStage.encoded())
                })
            #expect(error.code == .disconnected && error.outcome == .unknown)
            #expect(error.detail.hasSuffix("it may have arrived"))
            #expect(stage.trace.events(of: "c").map(\.message) == ["failed: disconnected"])
        }
    }

    @Test func `headers name the id of a body that is no envelope`() async throws {
        try await SendStage.run { stage in
            stage.proxy.set(.with { $0.limit = SendStage.early }, .toServer, scope: .present)
            try await stage.bridge.publish(
                envelope: Bytes(utf8: "raw"), to: "cut",
                options: SendStage.encoded(headers: ["NATSBridge-Message-ID": "m"]))
            #expect(stage.trace.events(of: "c").map(\.message).first == "publishing again")
        }
    }

    @Test func `what is larger than the server takes is not sent`() async throws {
        try await SendStage.run(config: "max_payload: 5000") { stage in
            let error = try #require(
                await SendStage.failure { () async throws(BridgeError) in
                    try await stage.bridge.publish(
                        envelope: Bytes([UInt8](repeating: 0x20, count: 5001)), to: "x",
                        options: SendStage.encoded())
                })
            #expect(error.code == .tooLarge && error.outcome == .lost)
            #expect(error.detail.contains("5001") && error.detail.contains("5000"))
        }
    }
}
