import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import Testing

/// A JSON object as a list of members, so that tests can make what a JSON object must not be:
/// out of order, with a key twice.
struct Members {
    var list: [(key: String, value: String)]

    init(_ object: JSONObject) {
        list = object.map { ($0.key, $0.value.description) }
    }

    var text: String {
        "{" + list.map { "\(JSONValue.string($0.key)):\($0.value)" }.joined(separator: ",") + "}"
    }

    func index(of key: String) -> Int { list.firstIndex { $0.key == key } ?? 0 }

    /// The camelCase spelling of February 2026.
    static func camelCase(_ key: String) -> String {
        let words = key.split(separator: "_")
        return words.prefix(1).joined()
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

/// One strict envelope, of which a test spoils the envelope's members or those of its payload.
struct Spoiled: Sendable, CustomTestStringConvertible {
    let inPayload: Bool
    let key: String

    static let all: [Spoiled] = {
        guard let object = try? strict().objectValue else { return [] }
        let outer = object.map { Spoiled(inPayload: false, key: $0.key) }
        let payload = object["payloads"]?.arrayValue?.first?.objectValue
        return outer + (payload?.map { Spoiled(inPayload: true, key: $0.key) } ?? [])
    }()

    static func strict() throws -> JSONValue {
        let payload = Samples.direct(Bytes(utf8: "[1]"), name: "d", type: "dictionary")
        return try JSONValue(parsing: EnvelopeWriter.encode(Samples.envelope([payload])))
    }

    /// The path that an error names.
    var path: String { inPayload ? "payloads[0].\(key)" : key }

    var testDescription: String { path }

    /// The body after the change.
    func body(_ change: (inout Members, Int) -> Void) throws -> Bytes {
        guard let object = try Self.strict().objectValue else { return Bytes() }
        var outer = Members(object)
        if inPayload, let payload = object["payloads"]?.arrayValue?.first?.objectValue {
            var inner = Members(payload)
            change(&inner, inner.index(of: key))
            outer.list[outer.index(of: "payloads")].value = "[\(inner.text)]"
        } else {
            change(&outer, outer.index(of: key))
        }
        return Bytes(utf8: outer.text)
    }
}
