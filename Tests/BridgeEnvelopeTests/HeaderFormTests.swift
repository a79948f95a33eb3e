import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

@Suite struct HeaderFormTests {
    private func sound() -> Envelope {
        var envelope = Samples.envelope([
            Samples.direct(
                [0x52, 0x49, 0x46, 0x46], name: "greeting.wav", type: "audio",
                metadata: ["rate": 48_000])
        ])
        envelope.payloads[0].encoding = "none"
        return envelope
    }

    private func value(_ headers: [(name: String, value: String)], _ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    @Test func theHeadersAreGolden() throws {
        let (headers, body) = try HeaderForm.encode(sound())
        let lines = headers.map { "\($0.name): \($0.value)" }
        #expect(
            lines == [
                "NATSBridge-Version: 1",
                "NATSBridge-Correlation-ID: 11111111-1111-4111-8111-111111111111",
                "NATSBridge-Message-ID: 22222222-2222-4222-8222-222222222222",
                "NATSBridge-Timestamp: 2026-03-13T07:02:50.443Z",
                "NATSBridge-Send-To: /chat/room1", "NATSBridge-Purpose: chat",
                "NATSBridge-Sender-Name: swift-service",
                "NATSBridge-Sender-ID: 33333333-3333-4333-8333-333333333333",
                "NATSBridge-Receiver-Name: julia-service",
                "NATSBridge-Receiver-ID: 44444444-4444-4444-8444-444444444444",
                "NATSBridge-Reply-To: answers.here",
                "NATSBridge-Reply-To-Message-ID: 55555555-5555-4555-8555-555555555555",
                "NATSBridge-Broker-URL: nats://localhost:4222",
                #"NATSBridge-Metadata: {"trace":{"depth":2,"path":"a/b"},"tags":["x","\u00fc"]}"#,
                "NATSBridge-Payload-ID: 66666666-6666-4666-8666-666666666666",
                "NATSBridge-Data-Name: greeting.wav", "NATSBridge-Payload-Type: audio",
                #"NATSBridge-Payload-Metadata: {"rate":48000}"#,
            ])
        #expect(body == [0x52, 0x49, 0x46, 0x46])
    }

    @Test func itComesBack() throws {
        let (headers, body) = try HeaderForm.encode(sound())
        #expect(HeaderForm.isHeaderForm(headers.map(\.name)))
        #expect(try HeaderForm.decode(headers.map { ($0.name, $0.value) }, body: body) == sound())
    }

    @Test func theBodyIsNotCopied() throws {
        let envelope = Samples.envelope([Samples.direct(Bytes([1, 2, 3]), type: "audio")])
        let (headers, body) = try HeaderForm.encode(envelope)
        let back = try HeaderForm.decode(headers.map { ($0.name, $0.value) }, body: body)
        guard case .direct(let bytes) = back.payloads.first?.content else {
            Issue.record("no direct payload")
            return
        }
        #expect(bytes.address == body.address)
    }

    @Test func awkwardTextsComeBackAndStayOnOneLine() throws {
        var generator = SeededGenerator("header texts")
        for _ in 0..<300 {
            var envelope = sound()
            envelope.senderName = RandomEnvelope.text(&generator)
            envelope.payloads[0].dataName = RandomEnvelope.text(&generator)
            envelope.metadata[RandomEnvelope.text(&generator)] = .string(
                RandomEnvelope.text(&generator))
            let (headers, body) = try HeaderForm.encode(envelope)
            for (_, value) in headers {
                #expect(value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
                #expect(value.first != " " && value.last != " ")
            }
            let back = try HeaderForm.decode(headers.map { ($0.name, $0.value) }, body: body)
            #expect(back == envelope)
        }
    }

    @Test func applicationHeadersAreLeftAlone() throws {
        let (headers, body) = try HeaderForm.encode(sound())
        let others = [("Sample-Rate", "48000"), ("Sample-Rate", "44100"), ("NATSBridge-New", "1")]
        let all = others + headers.map { ($0.name.lowercased(), $0.value) }
        #expect(try HeaderForm.decode(all, body: body) == sound())
        #expect(!HeaderForm.isHeaderForm(others.map(\.0)))
    }

    @Test(
        arguments: [
            ("NATSBridge-Version", "2", ErrorCode.unsupportedVersion),
            ("NATSBridge-Version", nil, .unsupportedVersion),
            ("NATSBridge-Payload-Type", nil, .missingKey),
            ("NATSBridge-Metadata", "[]", .invalidValue),
            ("NATSBridge-Metadata", "{", .invalidValue),
            ("NATSBridge-Data-Name", "\"open", .invalidValue),
        ] as [(String, String?, ErrorCode)])
    func faultsAreNamed(name: String, value: String?, code: ErrorCode) throws {
        var headers = try HeaderForm.encode(sound()).headers.filter { $0.name != name }
        if let value { headers.append((name, value)) }
        let error = #expect(throws: EnvelopeError.self) {
            try HeaderForm.decode(headers.map { ($0.name, $0.value) }, body: Bytes())
        }
        #expect(error?.code == code)
        #expect(error?.field == name)
    }

    @Test func aHeaderThatStandsTwiceIsRefused() throws {
        let headers = try HeaderForm.encode(sound()).headers.map { ($0.name, $0.value) }
        let error = #expect(throws: EnvelopeError.self) {
            try HeaderForm.decode(headers + headers.suffix(1), body: Bytes())
        }
        #expect(error?.code == .duplicateKey)
    }

    @Test func exactlyOneDirectPayloadIsNeeded() {
        for payloads in [[], [Samples.link()], [Samples.direct([1]), Samples.direct([2])]] {
            #expect(throws: EnvelopeError.self) {
                try HeaderForm.encode(Samples.envelope(payloads))
            }
        }
    }
}
