import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

@Suite struct EnvelopeReaderTests {
    @Test func theFixturesAreThere() {
        #expect(EnvelopeFixtures.names.count == 22)
    }

    @Test(arguments: EnvelopeFixtures.names)
    func everyKnownFormIsRead(_ name: String) throws {
        let expected = try #require(try EnvelopeFixtures.expected(name))
        let envelope = try EnvelopeReader.read(EnvelopeFixtures.body(name))
        // What is written of it, read strictly, tells the fields by their names on the wire.
        let written = try JSONValue(parsing: EnvelopeWriter.encode(envelope))
        for (field, value) in try #require(expected["fields"]?.objectValue) {
            if field == "timestamp" {
                #expect(.string(envelope.timestampText) == value)
            } else {
                #expect(written[field] == value, "\(field)")
            }
        }
        let payloads = try #require(expected["payloads"]?.arrayValue)
        #expect(envelope.payloads.count == payloads.count)
        for (payload, expected) in zip(envelope.payloads, payloads) {
            try compare(payload, expected)
        }
    }

    private func compare(_ payload: EnvelopePayload, _ expected: JSONValue) throws {
        #expect(payload.dataName == expected["dataname"]?.stringValue)
        #expect(payload.type?.rawValue == expected["type"]?.stringValue)
        switch payload.content {
        case .link(let url): #expect(url == expected["url"]?.stringValue)
        case .direct(let bytes):
            let content = try #require(expected["content"]?.stringValue)
            let span = Bytes(utf8: content)
            #expect(bytes == (try Base64.decode(span.span)), "\(payload.dataName)")
            #expect(payload.size == bytes.count)
            if payload.type != nil {
                let value = try PayloadCodec.deserialize(bytes, typeName: payload.typeName)
                #expect(value.type == payload.type)
            }
        }
    }

    @Test(arguments: EnvelopeFixtures.names)
    func strictReadingTakesTheStrictFormOnly(_ name: String) throws {
        let expected = try #require(try EnvelopeFixtures.expected(name))
        let strict = try #require(expected["strict"]).boolValue == true
        let body = try EnvelopeFixtures.body(name)
        guard strict else {
            let error = #expect(throws: EnvelopeError.self) {
                try EnvelopeReader.read(body, strict: true)
            }
            let isJSON = error?.code != .invalidJSON
            #expect(
                isJSON ? error?.field != nil : error?.offset != nil, "\(String(describing: error))")
            return
        }
        let envelope = try EnvelopeReader.read(body, strict: true)
        // How slashes are escaped is the JSON's affair, not the form's; ours are not.
        #expect((EnvelopeWriter.encode(envelope) == body) == name.hasPrefix("strict"))
    }

    @Test func everyPrefixIsRefused() throws {
        for name in ["strict.json", "first-design-json.json", "camel-case.json"] {
            let body = try EnvelopeFixtures.body(name)
            for end in 0..<body.count {
                #expect(throws: EnvelopeError.self) { try EnvelopeReader.read(body[0..<end]) }
            }
        }
    }

    @Test(arguments: [
        "", " ", "[1,2,3]", "5", "null", "\"text\"", "{}", #"{"metadata":{}}"#,
        #"{"type":"json","payload":"e30="}"#, #"{"payload":"e30="}"#, "\u{FEFF}{}",
        #"{"correlation_id":"x"}"#, #"{"payloads":5,"msg_id":"x"}"#, #"{"payloads":[5]}"#,
        #"{"payloads":[{}]}"#, #"{"payloads":{}}"#, #"{"payloads":[],"payloads":[]}"#,
        #"{"payloads":[],"msg_id":"1","msgId":"2"}"#, #"{"payloads":[],"metadata":[]}"#,
        #"{"payloads":[],"metadata":{"a":1,"a":2}}"#, #"{"payloads":[]} {}"#,
    ])
    func whatIsNoEnvelopeIsRefused(_ text: String) {
        #expect(throws: EnvelopeError.self) { try EnvelopeReader.read(Bytes(utf8: text)) }
    }

    @Test(arguments: [
        (#"{"transport":"direct","data":""}"#, ErrorCode.missingKey, "payload_type"),
        (#"{"payload_type":"text"}"#, .missingKey, "data"),
        (#"{"payload_type":"text","data":"ftp://host/x"}"#, .invalidBase64, "data"),
        (#"{"payload_type":"text","transport":"direct"}"#, .missingKey, "data"),
        (#"{"payload_type":"text","transport":"direct","data":null}"#, .missingKey, "data"),
        (#"{"payload_type":"text","transport":"link","data":""}"#, .missingKey, "data"),
        (#"{"payload_type":"text","transport":"ftp","data":""}"#, .unknownTransport, "transport"),
        (#"{"payload_type":"text","transport":"direct","data":5}"#, .typeMismatch, "data"),
        (#"{"payload_type":"text","transport":"direct","data":{}}"#, .typeMismatch, "data"),
        (#"{"payload_type":"image","transport":"direct","data":"a*c="}"#, .invalidBase64, "data"),
        (#"{"payload_type":"json","transport":"direct","data":"{1}"}"#, .invalidBase64, "data"),
    ])
    func aFaultyPayloadIsNamed(
        payload: String, code: ErrorCode, field: String
    ) throws {
        let body = Bytes(utf8: #"{"msg_id":"x","payloads":["# + payload + "]}")
        let error = #expect(throws: EnvelopeError.self) { try EnvelopeReader.read(body) }
        #expect(error?.code == code)
        #expect(error?.field == "payloads[0].\(field)")
    }

    @Test(arguments: ["", #""transport":null,"#, #""transport":"","#])
    func `a payload that does not say its transport is a link if its data is a URL`(
        _ transport: String
    ) throws {
        func payload(_ data: String) -> Bytes {
            Bytes(
                utf8: #"{"msg_id":"x","payloads":[{"payload_type":"text","# + transport
                    + #""data":""# + data + #""}]}"#)
        }
        for (data, expected) in [
            ("", EnvelopePayload.Content.direct(Bytes())), ("aGk=", .direct(Bytes(utf8: "hi"))),
            (#"http:\/\/host\/x"#, .link("http://host/x")),
            ("https://host/y", .link("https://host/y")),
        ] {
            let envelope = try EnvelopeReader.read(payload(data))
            #expect(envelope.payloads.first?.content == expected)
        }
        let error = #expect(throws: EnvelopeError.self) {
            try EnvelopeReader.read(payload("aGk="), strict: true)
        }
        #expect(error?.field?.hasPrefix("correlation_id") == true)
    }

    @Test func `half a character loses no message, and strictly has a position`() throws {
        let body = try EnvelopeFixtures.body("lone-surrogates.json")
        let envelope = try EnvelopeReader.read(body)
        #expect(envelope.metadata["preview"] == "day \u{FFFD}")
        #expect(envelope.metadata["\u{FFFD}"] == 1)
        #expect(envelope.senderName == "caf\u{FFFD}")
        guard case .direct(let bytes) = try #require(envelope.payloads.last).content else {
            Issue.record("no direct payload")
            return
        }
        guard
            case .json(let value) = try PayloadCodec.deserialize(
                bytes, typeName: "dictionary")
        else {
            Issue.record("no dictionary")
            return
        }
        #expect(value == ["preview": "day \u{FFFD}"])
        let error = #expect(throws: EnvelopeError.self) {
            try EnvelopeReader.read(body, strict: true)
        }
        #expect(error?.code == .invalidJSON)
        let text = String(repairing: body)
        let half = try #require(text.utf8.firstRange(of: "\\ud83d".utf8)?.lowerBound)
        #expect(error?.offset == text.utf8.distance(from: text.startIndex, to: half))
    }

    @Test func faultsInBase64HaveAPosition() throws {
        let text =
            #"{"msg_id":"x","payloads":[{"payload_type":"image","transport":"direct","#
            + #""data":"AAAA*AAA"}]}"#
        let error = #expect(throws: EnvelopeError.self) {
            try EnvelopeReader.read(Bytes(utf8: text))
        }
        let position = text.utf8.firstIndex(of: UInt8(ascii: "*"))
        #expect(error?.offset == position.map { text.utf8.distance(from: text.startIndex, to: $0) })
    }

    @Test func limitsHold() throws {
        let body = EnvelopeWriter.encode(Samples.mixed)
        func refused(_ change: (inout EnvelopeLimits) -> Void) -> ErrorCode? {
            var limits = EnvelopeLimits()
            change(&limits)
            do throws(EnvelopeError) {
                _ = try EnvelopeReader.read(body, limits: limits)
                return nil
            } catch { return error.code }
        }
        #expect(refused { $0.maxBytes = body.count } == nil)
        #expect(refused { $0.maxBytes = body.count - 1 } == .limitExceeded)
        #expect(refused { $0.maxPayloads = 5 } == nil)
        #expect(refused { $0.maxPayloads = 4 } == .limitExceeded)
        #expect(refused { $0.maxFieldBytes = 35 } == .limitExceeded)
        #expect(refused { $0.maxDepth = 4 } == nil)
        #expect(refused { $0.maxDepth = 2 } == .limitExceeded)
    }

    @Test(arguments: [
        ("2026-03-13T07:02:50.443", 443), ("2026-03-13T07:02:50", 0),
        ("2026-03-13T07:02:50.4Z", 400), ("2026-03-13T14:02:50.443+07:00", 443),
        ("2026-03-13T07:02:50.443210987Z", 443),
    ])
    func timesOfAllFormsAreRead(text: String, milliseconds: Int64) throws {
        let body = Bytes(utf8: #"{"payloads":[],"timestamp":""# + text + #""}"#)
        let envelope = try EnvelopeReader.read(body)
        #expect(envelope.timestamp?.milliseconds == 1_773_385_370_000 + milliseconds)
        #expect(envelope.timestampText == text)
    }

    @Test func aTimeThatCannotBeReadIsKeptAsText() throws {
        let body = Bytes(utf8: #"{"payloads":[],"timestamp":"yesterday"}"#)
        let envelope = try EnvelopeReader.read(body)
        #expect(envelope.timestamp == nil)
        #expect(envelope.timestampText == "yesterday")
        #expect(String(repairing: EnvelopeWriter.encode(envelope)).contains(#""yesterday""#))
    }

    @Test func directPayloadsDoNotKeepTheBodyAlive() throws {
        let body = EnvelopeWriter.encode(
            Samples.envelope([Samples.direct(Bytes([UInt8](repeating: 7, count: 5000)))]))
        let envelope = try EnvelopeReader.read(body)
        guard case .direct(let bytes) = envelope.payloads.first?.content else {
            Issue.record("no direct payload")
            return
        }
        #expect(bytes.address < body.address || bytes.address >= body.address + UInt(body.count))
    }
}
