import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// Each field of a strict envelope is dropped, renamed, retyped, doubled and moved: strict
/// reading names it, lenient reading takes what the contract lets it take, and nothing traps.
@Suite struct EnvelopeMutationTests {
    /// Payload fields that lenient reading cannot do without.
    private static let needed: Set<String> = ["payload_type", "data"]

    private func strictError(_ body: Bytes) -> EnvelopeError? {
        do throws(EnvelopeError) {
            _ = try EnvelopeReader.read(body, strict: true)
            return nil
        } catch { return error }
    }

    private func lenientCode(_ body: Bytes) -> ErrorCode? {
        do throws(EnvelopeError) {
            _ = try EnvelopeReader.read(body)
            return nil
        } catch { return error.code }
    }

    @Test func thereAreTwentyTwoFields() throws {
        #expect(Spoiled.all.count == 22)
        #expect(strictError(try #require(Spoiled.all.first).body { _, _ in }) == nil)
    }

    @Test(arguments: Spoiled.all)
    func aMissingField(_ field: Spoiled) throws {
        let body = try field.body { $0.list.remove(at: $1) }
        let error = strictError(body)
        #expect(error?.code == .missingKey)
        #expect(error?.field == field.path)
        let isNeeded = field.inPayload && Self.needed.contains(field.key)
        #expect(lenientCode(body) == (isNeeded ? .missingKey : nil))
    }

    @Test(arguments: Spoiled.all)
    func aNullField(_ field: Spoiled) throws {
        let body = try field.body { $0.list[$1].value = "null" }
        let error = strictError(body)
        #expect(error?.code == .typeMismatch)
        #expect(error?.field == field.path)
        let isNeeded = field.inPayload && Self.needed.contains(field.key)
        #expect(lenientCode(body) == (isNeeded ? .missingKey : nil))
    }

    @Test(arguments: Spoiled.all)
    func aRenamedField(_ field: Spoiled) throws {
        let unknown = strictError(try field.body { $0.list[$1].key += "_" })
        #expect(unknown?.code == .unknownKey)
        #expect(unknown?.field == field.path + "_")
        let camel = Members.camelCase(field.key)
        guard camel != field.key else { return }
        let body = try field.body { $0.list[$1].key = camel }
        let error = strictError(body)
        #expect(error?.code == .unknownKey)
        #expect(error?.field == (field.inPayload ? "payloads[0].\(camel)" : camel))
        #expect(try EnvelopeReader.read(body) == EnvelopeReader.read(field.body { _, _ in }))
    }

    @Test(arguments: Spoiled.all, ["5", "1.5", "true", #""x*""#, "[]", "{}", "[1]", #"{"a":1}"#])
    func aFieldOfAnotherType(_ field: Spoiled, _ value: String) throws {
        let body = try field.body { $0.list[$1].value = value }
        let isText = !["metadata", "payloads", "size"].contains(field.key)
        let error = strictError(body)
        let isSameType =
            isText && value == #""x*""# || field.key == "metadata" && value.hasPrefix("{")
            || field.key == "payloads" && value == "[]"
        if isSameType {
            #expect(error == nil || error?.field == field.path)
            return
        }
        let field = field.key == "payloads" && value == "[1]" ? "payloads[0]" : field.path
        #expect(error?.field == field)
        #expect(error?.code == .typeMismatch || error?.code == .invalidValue)
        let code = lenientCode(body)
        let forgiven: Set<ErrorCode?> = [.typeMismatch, nil]
        #expect(isText ? forgiven.contains(code) : true)
    }

    @Test(arguments: Spoiled.all)
    func aFieldThatStandsTwice(_ field: Spoiled) throws {
        let body = try field.body { $0.list.append($0.list[$1]) }
        #expect(strictError(body)?.code == .duplicateKey)
        #expect(strictError(body)?.field == field.path)
        #expect(lenientCode(body) == .duplicateKey)
    }

    @Test(arguments: Spoiled.all)
    func aFieldOutOfPlace(_ field: Spoiled) throws {
        let body = try field.body { $0.list.swapAt($1, $1 == 0 ? 1 : $1 - 1) }
        #expect(strictError(body)?.code == .wrongOrder)
        #expect(try EnvelopeReader.read(body) == EnvelopeReader.read(field.body { _, _ in }))
    }

    @Test(arguments: [
        ("timestamp", "2026-03-13T07:02:50Z"), ("timestamp", ""), ("correlation_id", ""),
        ("msg_id", ""), ("msg_purpose", ""), ("broker_url", "nats://u:p@h:4222"),
        ("payloads[0].transport", "ftp"), ("payloads[0].payload_type", "table"),
        ("payloads[0].encoding", "json"), ("payloads[0].data", "[1]"),
        ("payloads[0].data", "WzFd\\n"), ("payloads[0].id", ""), ("payloads[0].transport", "link"),
    ])
    func aValueThatTheStrictFormDoesNotHave(path: String, value: String) throws {
        let name = path.split(separator: ".").last.map(String.init) ?? path
        let field = Spoiled(inPayload: path != name, key: name)
        let error = strictError(try field.body { $0.list[$1].value = "\"\(value)\"" })
        // A link with the data of a direct payload is noticed at one of its other fields.
        #expect(error?.field == (value == "link" ? "payloads[0].encoding" : path))
    }

    @Test func aSizeThatIsWrongIsRefusedStrictly() throws {
        for size in ["2", "-1", "3.0", "99999999999999999999"] {
            let field = Spoiled(inPayload: true, key: "size")
            let body = try field.body { $0.list[$1].value = size }
            #expect(strictError(body)?.field == "payloads[0].size")
            #expect(try EnvelopeReader.read(body).payloads.first?.size == 3)
        }
    }

    @Test func randomDamageNeverTraps() throws {
        let body = [UInt8](EnvelopeWriter.encode(Samples.mixed))
        var generator = SeededGenerator("damage")
        for _ in 0..<3000 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<damaged.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: damaged[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: damaged.remove(at: position)
                default: damaged.insert(damaged[position], at: position)
                }
            }
            let bytes = Bytes(damaged)
            guard let envelope = try? EnvelopeReader.read(bytes) else { continue }
            // Whatever was let in can be written, and then read again.
            let written = EnvelopeWriter.encode(envelope)
            #expect(written.count == EnvelopeWriter.encodedCount(envelope))
            #expect(throws: Never.self) { try EnvelopeReader.read(written) }
        }
    }
}
