// Theory of operation.
//
// A trace is JSON Lines in the "expanded" form of the project traceassert (format
// "traceassert-expanded", version 2), so that its assertions about clients run over ours: a
// header line about the connection, one line for each frame in either direction, a footer line
// once the connection has ended. Without a footer the trace counts as cut short.
//
//     {"line":5,"at":"2026-03-13T07:02:50.443217Z","id":"…-4","dir":"to_server","verb":"PUB",
//      "subject":"a.b","reply":"_INBOX.x","payload":"aGVsbG8=","bytes":24}
//
// `line` counts lines of the document from 1, `id` frames; what a frame does not have is left
// out. `payload` is the body, the JSON of CONNECT and INFO, the text of -ERR. The status of a
// header block stands among the headers under `Status` and `Description`, as nats.go has it; a
// block that breaks the rules of ADR-4 is left out.
//
// What CONNECT says of passwords, tokens and signatures is replaced before it is encoded, and
// `bytes` is then the size with the replacement, since the length of a secret is a part of it.
//
// Pure: identifiers and times are arguments. The form is public knowledge; the code is ours.
package import BridgeBytes
internal import BridgeJSON

/// Writes the frames of one connection as lines of a trace.
package struct TraceEncoder: Sendable {
    static let format = "traceassert-expanded"
    static let version = 2
    /// What stands in place of a secret.
    static let redacted = "[redacted]"
    /// The fields of CONNECT that are secrets or prove the possession of one.
    static let secretFields = ["pass", "auth_token", "jwt", "sig"]

    /// What is known of a frame beside its direction and time.
    private struct Fields {
        var direction: StaticString
        var verb: StaticString
        var subject: Bytes?
        var reply: Bytes?
        var sid: Bytes?
        var queue: Bytes?
        var headers: Bytes?
        var payload = Bytes()
        var size: Int
    }

    private let id: String
    private var lines = 0
    private var frames = 0

    /// - Parameter id: Names the connection; the frames' names begin with it.
    package init(id: String) { self.id = id }

    /// The first line of a document.
    package mutating func header(host: String, port: Int, at time: Timestamp) -> Bytes {
        lines += 1
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("format")
        writer.string(Self.format)
        writer.key("version")
        writer.number(Self.version)
        writer.key("header")
        writer.beginObject()
        writer.key("version")
        writer.number(1)
        writer.key("device")
        writer.string("natsbridge")
        writer.key("ts")
        writer.string(Self.text(time))
        writer.key("cuuid")
        writer.string(id)
        writer.key("port")
        writer.string("client")
        for (name, number) in [("dst", "dpt"), ("bdst", "bdpt")] {
            writer.key(name)
            writer.string(host)
            writer.key(number)
            writer.number(port)
        }
        writer.key("protocol")
        writer.string("client")
        writer.endObject()
        return Self.line(&writer)
    }

    /// The line of a frame that came from the server; `bytes` are the frame's.
    package mutating func line(
        _ frame: Frame, _ bytes: Bytes, at time: Timestamp
    ) -> Bytes {
        var fields = Fields(direction: "from_server", verb: "PING", size: bytes.count)
        switch frame {
        case .ping: break
        case .pong: fields.verb = "PONG"
        case .ok: fields.verb = "+OK"
        case .info(let text):
            fields.verb = "INFO"
            fields.payload = bytes[text]
        case .error(let text):
            fields.verb = "-ERR"
            fields.payload = bytes[text]
        case .message(let message):
            fields.verb = message.headers == nil ? "MSG" : "HMSG"
            fields.subject = bytes[message.subject]
            fields.reply = message.replyTo.map { bytes[$0] }
            fields.sid = Bytes(utf8: String(message.sid))
            fields.headers = message.headers.map { bytes[$0] }
            fields.payload = bytes[message.payload]
        }
        return line(fields, at: time)
    }

    /// The line of a frame that went to the server; `bytes` are the frame's.
    package mutating func line(
        _ frame: ClientFrame, _ bytes: Bytes, at time: Timestamp
    ) -> Bytes {
        var fields = Fields(direction: "to_server", verb: "PING", size: bytes.count)
        switch frame {
        case .ping: break
        case .pong: fields.verb = "PONG"
        case .connect(let text):
            fields.verb = "CONNECT"
            fields.payload = Self.withoutSecrets(bytes[text])
            fields.size += fields.payload.count - text.count
        case .subscribe(let subscribe):
            fields.verb = "SUB"
            fields.subject = bytes[subscribe.pattern]
            fields.queue = subscribe.queueGroup.map { bytes[$0] }
            fields.sid = bytes[subscribe.sid]
        case .unsubscribe(let sid, _):
            fields.verb = "UNSUB"
            fields.sid = bytes[sid]
        case .publish(let publish):
            fields.verb = publish.headers == nil ? "PUB" : "HPUB"
            fields.subject = bytes[publish.subject]
            fields.reply = publish.replyTo.map { bytes[$0] }
            fields.headers = publish.headers.map { bytes[$0] }
            fields.payload = bytes[publish.payload]
        }
        return line(fields, at: time)
    }

    /// The last line of a document whose connection has ended.
    package mutating func footer(at time: Timestamp, lasted duration: Duration) -> Bytes {
        lines += 1
        let (seconds, attoseconds) = duration.components
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("footer")
        writer.beginObject()
        writer.key("ts")
        writer.string(Self.text(time))
        writer.key("duration")
        writer.number(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
        writer.endObject()
        return Self.line(&writer)
    }
}

extension TraceEncoder {
    private mutating func line(_ fields: Fields, at time: Timestamp) -> Bytes {
        lines += 1
        frames += 1
        var writer = JSONWriter(capacity: 256 + Base64.encodedCount(fields.payload.count))
        writer.beginObject()
        writer.key("line")
        writer.number(lines)
        writer.key("at")
        writer.string(Self.text(time))
        writer.key("id")
        writer.string("\(id)-\(frames)")
        writer.key("dir")
        writer.string("\(fields.direction)")
        writer.key("verb")
        writer.string("\(fields.verb)")
        let texts = [
            ("subject", fields.subject), ("reply", fields.reply), ("sid", fields.sid),
            ("queue", fields.queue),
        ]
        for case (let name, let bytes?) in texts {
            writer.key(name)
            writer.string(String(repairing: bytes))
        }
        if let headers = fields.headers { Self.write(headers, &writer) }
        if !fields.payload.isEmpty {
            writer.key("payload")
            writer.base64(fields.payload)
        }
        writer.key("bytes")
        writer.number(fields.size)
        return Self.line(&writer)
    }

    /// Ends the object and the line.
    private static func line(_ writer: inout JSONWriter) -> Bytes {
        writer.endObject()
        writer.endLine()
        var finished = JSONWriter(capacity: 0)
        swap(&finished, &writer)
        return finished.finish()
    }

    /// Every name once, in the order of first appearance, with all of its values.
    private static func write(_ bytes: Bytes, _ writer: inout JSONWriter) {
        guard let block = try? HeaderBlock(parsing: bytes) else { return }
        var names: [String] = []
        var values: [String: [String]] = [:]
        func add(_ name: String, _ value: String) {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
        if let status = block.status {
            add("Status", String(status.code))
            if !status.description.isEmpty { add("Description", status.description) }
        }
        for field in block.headers { add(field.name.text, field.value.text) }
        guard !names.isEmpty else { return }
        writer.key("header")
        writer.beginObject()
        for name in names {
            writer.key(name)
            writer.beginArray()
            for value in values[name] ?? [] { writer.string(value) }
            writer.endArray()
        }
        writer.endObject()
    }

    /// CONNECT's JSON with a mark in place of each secret; nothing of it when it is no object.
    private static func withoutSecrets(_ json: Bytes) -> Bytes {
        guard let value = try? JSONValue(parsing: json), var fields = value.objectValue else {
            return Bytes(utf8: "{}")
        }
        guard secretFields.contains(where: { fields[$0] != nil }) else { return json }
        for name in secretFields where fields[name] != nil { fields[name] = .string(redacted) }
        return JSONValue.object(fields).encoded()
    }

    /// RFC 3339 in UTC with microseconds: several frames share a millisecond.
    private static func text(_ time: Timestamp) -> String {
        let micros = String(Int(time.nanoseconds) / 1000 % 1000)
        let padding = String(repeating: "0", count: 3 - micros.count)
        return time.description.dropLast() + padding + micros + "Z"
    }
}
