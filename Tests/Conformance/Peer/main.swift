// This implementation as a target of Tests/Conformance/judge.py: a line of JSON comes, a line of
// JSON goes. What is read and written passes a real server, which NATS_URL names.
import Foundation
import NATSBridge

/// What the judge is answered when something cannot be done.
struct Refusal: Error {
    let sentence: String
}

let server = ProcessInfo.processInfo.environment["NATS_URL"] ?? "nats://127.0.0.1:4222"

func bytes(_ value: JSONValue?) throws -> Bytes {
    guard let text = value?.stringValue, let data = Data(base64Encoded: text) else {
        throw Refusal(sentence: "what should be base64 is none")
    }
    return Bytes([UInt8](data))
}

func base64(_ bytes: Bytes) -> JSONValue { .string(Data([UInt8](bytes)).base64EncodedString()) }

func connect(_ request: JSONValue) async throws -> Bridge {
    guard let store = request["store"]?.stringValue else { return try await Bridge.connect(server) }
    return try await Bridge.connect(server, store: .fileServer(store))
}

/// Has the bridge read a body, as it came over the wire.
func read(_ request: JSONValue) async throws -> JSONValue {
    let bridge = try await connect(request)
    let messages = try bridge.client.subscribe(to: "conformance.read")
    try bridge.client.publish(try bytes(request["body"]), to: "conformance.read")
    var arrivals = messages.makeAsyncIterator()
    guard let message = try await arrivals.next() else { throw Refusal(sentence: "nothing came") }
    var options = ReceiveOptions()
    options.isStrict = request["strict"]?.boolValue ?? false
    options.followsLinks = request["store"] != nil
    let received = try await bridge.receive(message, options: options)
    await bridge.close()
    let envelope = received.envelope
    return [
        "ok": true,
        "fields": [
            "correlation_id": .string(envelope.correlationID),
            "msg_id": .string(envelope.messageID), "timestamp": .string(envelope.timestampText),
            "send_to": .string(envelope.sendTo), "msg_purpose": .string(envelope.purpose),
            "sender_name": .string(envelope.senderName), "sender_id": .string(envelope.senderID),
            "receiver_name": .string(envelope.receiverName),
            "receiver_id": .string(envelope.receiverID), "reply_to": .string(envelope.replyTo),
            "reply_to_msg_id": .string(envelope.replyToMessageID),
            "broker_url": .string(envelope.brokerURL), "metadata": .object(envelope.metadata),
        ],
        "payloads": .array(received.payloads.map(describe)),
    ]
}

func describe(_ payload: ReceivedPayload) -> JSONValue {
    var object: JSONObject = ["dataname": .string(payload.name)]
    if let type = payload.value?.type { object["type"] = .string(type.rawValue) }
    object["transport"] = .string(payload.transport.rawValue)
    if let url = payload.url { object["url"] = .string(url) }
    if payload.url == nil || payload.value != nil { object["content"] = base64(payload.bytes) }
    if let error = payload.error { object["error"] = .string(error.code.rawValue) }
    return .object(object)
}

/// Has the bridge make a message, and tells what came over the wire.
func write(_ request: JSONValue) async throws -> JSONValue {
    let bridge = try await connect(request)
    let messages = try bridge.client.subscribe(to: "conformance.write")
    var options = SendOptions()
    if let threshold = request["threshold"]?.intValue { options.threshold = threshold }
    let payloads = try (request["payloads"]?.arrayValue ?? []).map(payload)
    try await bridge.send(Payloads(payloads), to: "conformance.write", options: options)
    var arrivals = messages.makeAsyncIterator()
    guard let message = try await arrivals.next() else { throw Refusal(sentence: "nothing came") }
    await bridge.close()
    return ["ok": true, "body": base64(message.payload)]
}

func payload(_ json: JSONValue) throws -> Payload {
    let name = json["dataname"]?.stringValue ?? ""
    let content = try bytes(json["content"])
    switch json["type"]?.stringValue {
    case "text": return Payload(name, .text(String(decoding: [UInt8](content), as: UTF8.self)))
    case "dictionary": return Payload(name, .json(try JSONValue(parsing: content)))
    case "jsontable": return Payload(name, .jsonTable(try JSONValue(parsing: content)))
    case "arrowtable": return Payload(name, .table(try Table(ipcStream: content)))
    case "image": return Payload(name, .image(content))
    case "audio": return Payload(name, .audio(content))
    case "video": return Payload(name, .video(content))
    default: return Payload(name, .bytes(content))
    }
}

while let line = readLine() {
    let answer: JSONValue
    do {
        let request = try JSONValue(parsing: Bytes(Array(line.utf8)))
        switch request["op"]?.stringValue {
        case "read": answer = try await read(request)
        case "write": answer = try await write(request)
        default: answer = ["ok": false, "unsupported": true]
        }
    } catch {
        answer = ["ok": false, "error": .string("\(error)")]
    }
    print(answer)
    fflush(nil)
}
