import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import Testing

@Suite struct PayloadCodecTests {
    private func back(_ value: PayloadValue) throws -> PayloadValue {
        let bytes = try PayloadCodec.serialize(value).joined()
        return try PayloadCodec.deserialize(bytes, typeName: value.type.rawValue)
    }

    @Test func textAndJSONComeBack() throws {
        guard case .text("Grüße\n") = try back(.text("Grüße\n")) else {
            Issue.record("another text")
            return
        }
        let json: JSONValue = ["deep": [1, 2.5, nil], "z": 1, "a": 2]
        guard case .json(json) = try back(.json(json)) else {
            Issue.record("another dictionary")
            return
        }
        let rows: JSONValue = [["a": 1], ["a": 2, "b": "x"], [:]]
        guard case .jsonTable(rows) = try back(.jsonTable(rows)) else {
            Issue.record("other rows")
            return
        }
    }

    @Test func bytesAreHandedThrough() throws {
        let bytes = Bytes([1, 2, 3])
        for value in [
            PayloadValue.image(bytes), .audio(bytes), .video(bytes), .bytes(bytes),
        ] {
            let segments = try PayloadCodec.serialize(value)
            #expect(segments.map(\.address) == [bytes.address])
            let joined = segments.joined()
            #expect(joined.address == bytes.address)
            let result = try PayloadCodec.deserialize(joined, typeName: value.type.rawValue)
            #expect(result.type == value.type)
        }
    }

    @Test func tablesAreNotCopied() throws {
        let table = try Table(["x": Column((0..<10_000).map { Int64($0) })])
        let segments = try PayloadCodec.serialize(.table(table))
        #expect(segments.count > 1)
        let joined = segments.joined()
        #expect(joined.count == segments.reduce(0) { $0 + $1.count })
        for name in ["arrowtable", "table"] {
            let value = try PayloadCodec.deserialize(joined, typeName: name)
            guard case .table(let result) = value else {
                Issue.record("no table for \(name)")
                continue
            }
            #expect(result.count == 10_000)
            #expect(result.schema == table.schema)
        }
    }

    @Test(arguments: [
        ("text", "\u{1}"), ("dictionary", "[]"), ("json", "{}"), ("jsontable", "[]"),
        ("table", " [{}]"),
    ])
    func namesAndTypes(name: String, content: String) throws {
        let value = try PayloadCodec.deserialize(Bytes(utf8: content), typeName: name)
        let expected: [String: PayloadType] = [
            "text": .text, "dictionary": .json, "json": .json,
            "jsontable": .jsonTable, "table": .jsonTable,
        ]
        #expect(value.type == expected[name])
    }

    @Test(
        arguments: [
            ("hologram", [0x31] as Bytes, ErrorCode.unknownPayloadType, nil),
            ("", [0x31], .unknownPayloadType, nil), ("Text", [0x31], .unknownPayloadType, nil),
            ("text", [0x61, 0xFF], .invalidContent, 1),
            ("dictionary", [0x7B, 0x31], .invalidContent, 1),
            ("dictionary", [], .invalidContent, 0),
            ("jsontable", [0x7B, 0x7D], .invalidContent, nil),
            ("jsontable", [0x5B, 0x31, 0x5D], .invalidContent, nil),
            ("arrowtable", [0x5B, 0x5D], .invalidContent, nil),
            ("arrowtable", [], .invalidContent, nil),
            ("table", [0xFF, 0xFF, 0xFF, 0xFF], .invalidContent, nil),
            ("table", [], .invalidContent, nil),
        ] as [(String, Bytes, ErrorCode, Int?)])
    func faultsAreNamed(
        name: String, content: Bytes, code: ErrorCode, offset: Int?
    ) throws {
        let error = #expect(throws: EnvelopeError.self) {
            try PayloadCodec.deserialize(content, typeName: name)
        }
        #expect(error?.code == code)
        #expect(error?.stage == .payload)
        if let offset { #expect(error?.offset == offset) }
    }

    @Test func rowsMustBeObjects() {
        for json: JSONValue in [["a": 1], [1], [[:], nil], "text"] {
            let error = #expect(throws: EnvelopeError.self) {
                try PayloadCodec.serialize(.jsonTable(json))
            }
            #expect(error?.code == .invalidContent)
        }
    }
}
