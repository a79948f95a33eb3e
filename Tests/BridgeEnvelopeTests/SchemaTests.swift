import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// The published schema and the code say the same.
@Suite struct SchemaTests {
    private let schema: SchemaValidator

    init() throws { schema = try SchemaValidator.envelope() }

    private func faults(_ body: Bytes) throws -> [String] {
        schema.faults(in: try JSONValue(parsing: body))
    }

    @Test func whatIsWrittenFitsTheSchema() throws {
        #expect(try faults(EnvelopeWriter.encode(Samples.mixed)) == [])
        #expect(try faults(EnvelopeWriter.encode(Samples.envelope())) == [])
        var generator = SeededGenerator("schema")
        for _ in 0..<200 {
            let body = EnvelopeWriter.encode(RandomEnvelope.make(&generator))
            #expect(try faults(body) == [])
        }
    }

    @Test(arguments: EnvelopeFixtures.names)
    func theSchemaTakesWhatStrictReadingTakes(_ name: String) throws {
        let expected = try #require(try EnvelopeFixtures.expected(name))
        let isStrict = expected["strict"]?.boolValue
        // Order, the truth of sizes and halves of characters are beyond a schema.
        guard name != "other-order.json", name != "lone-surrogates.json" else { return }
        #expect(try faults(EnvelopeFixtures.body(name)).isEmpty == isStrict)
    }

    @Test(arguments: Spoiled.all)
    func theSchemaRefusesWhatStrictReadingRefuses(_ field: Spoiled) throws {
        let bodies = try [
            field.body { $0.list.remove(at: $1) }, field.body { $0.list[$1].value = "null" },
            field.body { $0.list[$1].key += "_" }, field.body { $0.list[$1].value = "true" },
        ]
        for body in bodies {
            #expect(try faults(body) != [])
            #expect(throws: EnvelopeError.self) { try EnvelopeReader.read(body, strict: true) }
        }
        #expect(try faults(field.body { _, _ in }) == [])
    }

    @Test func theSchemaListsTheFieldsInTheirOrder() throws {
        let file = try TestFile.bytes(PackageRoot.file("docs/schema/envelope-v1.json"))
        let json = try JSONValue(parsing: file)
        let written = try JSONValue(parsing: EnvelopeWriter.encode(Samples.mixed))
        let fields = written.objectValue?.map(\.key)
        #expect(json["properties"]?.objectValue?.map(\.key) == fields)
        #expect(json["required"]?.arrayValue?.compactMap(\.stringValue) == fields)
        let payload = json["$defs"]?["payload"]
        let inner = written["payloads"]?.arrayValue?.first?.objectValue?.map(\.key)
        #expect(payload?["properties"]?.objectValue?.map(\.key) == inner)
        #expect(payload?["required"]?.arrayValue?.compactMap(\.stringValue) == inner)
        let types = payload?["properties"]?["payload_type"]?["enum"]?.arrayValue
        #expect(types?.compactMap(\.stringValue) == PayloadType.allCases.map(\.rawValue))
    }

    /// The validator itself: each keyword refuses something, and an unknown one is a fault.
    @Test(arguments: [
        (#"{"type":"string"}"#, "1"), (#"{"const":1}"#, "2"), (#"{"enum":[1,2]}"#, "3"),
        (#"{"required":["a"]}"#, "{}"), (#"{"properties":{"a":{"const":1}}}"#, #"{"a":2}"#),
        (#"{"additionalProperties":false}"#, #"{"a":2}"#), (#"{"items":{"const":1}}"#, "[2]"),
        (#"{"minLength":1}"#, #""""#), (#"{"minimum":0}"#, "-1"), (#"{"pattern":"^a"}"#, #""b""#),
        (#"{"oneOf":[{},{}]}"#, "1"), (#"{"oneOf":[{"const":1}]}"#, "2"),
        (#"{"maxLength":1}"#, "1"),
        (##"{"$ref":"#/$defs/x","$defs":{"x":{"const":1}}}"##, "2"),
        (#"{"type":"integer"}"#, "1.5"),
    ])
    func theValidatorRefuses(schema: String, value: String) throws {
        let validator = SchemaValidator(try JSONValue(parsing: Bytes(utf8: schema)))
        #expect(validator.faults(in: try JSONValue(parsing: Bytes(utf8: value))) != [])
    }
}
