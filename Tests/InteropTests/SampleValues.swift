import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON

/// One payload of each type, with content that is easy to get wrong.
enum SampleValues {
    static var all: [FoundPayload] {
        get throws {
            [
                FoundPayload(name: "text", value: .text("Grüße, 世界 \"\\/\u{1}\u{7F}\n🦊")),
                FoundPayload(name: "emptyText", value: .text("")),
                FoundPayload(
                    name: "config", value: .json(["a": [1, nil, -0.5e-7], "ü": [:]])),
                FoundPayload(name: "rows", value: .jsonTable([["id": 1, "name": "Ada"]])),
                FoundPayload(name: "table", value: .table(try BuiltTable.make())),
                FoundPayload(name: "picture", value: .image(Bytes(Array(0...255)))),
                FoundPayload(name: "sound", value: .audio(Bytes([0]))),
                FoundPayload(name: "film", value: .video(Bytes([255, 254]))),
                FoundPayload(name: "blob", value: .bytes(Bytes())),
            ]
        }
    }
}

/// What the peer says about a message that it received.
struct SeenMessage {
    let envelope: JSONValue
    /// Every breach of the strict form.
    let problems: [JSONValue]
    let headers: [JSONValue]

    init(_ answer: JSONValue) {
        envelope = answer["message"]?["envelope"] ?? .null
        problems = answer["message"]?["problems"]?.arrayValue ?? ["no envelope"]
        headers = answer["message"]?["headers"]?.arrayValue ?? []
    }

    var payloads: [JSONValue] { envelope["payloads"]?.arrayValue ?? [] }

    /// Names, types and values of the payloads, as an expectation has them.
    var values: [JSONValue] {
        payloads.map { payload in
            var object: JSONObject = [:]
            for key in ["dataname", "payload_type", "value"] { object[key] = payload[key] }
            return .object(object)
        }
    }

    /// How each payload came: "direct" or "link".
    var transports: [String] { payloads.compactMap { $0["transport"]?.stringValue } }
}
