internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSBridge

/// What the two processes of scenario 2 print: JSON lines with one of the keys `ready`, `event`
/// and `result`.
enum TableLines {
    static let ready: JSONValue = ["ready": true]

    static func event(_ event: LogEvent, side: String) -> JSONValue {
        [
            "event": [
                "side": .string(side), "timestamp": .string(event.timestamp.description),
                "nanoseconds": JSONValue(Int(event.timestamp.nanoseconds)),
                "correlation_id": .string(event.correlationID), "stage": .string(event.stage),
                "message": .string(event.message),
                "fields": .array(
                    event.fields.map { [.string($0.name), .string($0.value)] }),
            ]
        ]
    }

    static func result(_ value: JSONValue) -> JSONValue { ["result": value] }

    /// Takes the receiver's lines until it is ready.
    static func untilReady(
        _ process: StartedProgram, _ environment: DemoEnvironment
    ) async throws(CommandFailure) {
        for await line in process.lines {
            if take(line, environment)?["ready"] != nil { return }
        }
        throw CommandFailure(
            .other, code: .demoFailed, stage: "start",
            detail: "the receiving process ended before it was ready")
    }

    /// Takes all lines of a process; its result, if it printed one.
    static func result(
        of process: StartedProgram, _ environment: DemoEnvironment
    ) async -> JSONValue? {
        var result: JSONValue?
        for await line in process.lines {
            if let value = take(line, environment)?["result"] { result = value }
        }
        _ = await process.exitStatus()
        return result
    }

    /// Reads a line; trace events go into the trace.
    static func take(_ line: String, _ environment: DemoEnvironment) -> JSONValue? {
        guard let value = try? JSONValue(parsing: Bytes(utf8: line)) else { return nil }
        if let event = value["event"] { note(event, environment) }
        return value
    }

    private static func note(_ event: JSONValue, _ environment: DemoEnvironment) {
        let fields = (event["fields"]?.arrayValue ?? []).compactMap { pair -> LogEvent.Field? in
            guard let parts = pair.arrayValue, parts.count == 2,
                let name = parts[0].stringValue, let value = parts[1].stringValue
            else { return nil }
            return LogEvent.Field(name, value)
        }
        guard let time = event["timestamp"]?.stringValue.flatMap({ Timestamp($0) }) else { return }
        environment.trace.note(
            LogEvent(
                timestamp: time, correlationID: event["correlation_id"]?.stringValue ?? "",
                stage: event["stage"]?.stringValue ?? "",
                message: event["message"]?.stringValue ?? "", fields: fields),
            side: event["side"]?.stringValue ?? "")
    }
}

extension TableSums {
    var json: JSONValue {
        [
            "rows": JSONValue(rows), "id": JSONValue(id), "time": JSONValue(time),
            "level": JSONValue(level), "drift": JSONValue(drift), "phase": JSONValue(phase),
            "flags": JSONValue(flags),
        ]
    }

    /// The sums that the other side sent; zero where it sent none.
    init(_ json: JSONValue?) {
        self.init()
        rows = json?["rows"]?.intValue ?? 0
        id = json?["id"]?.intValue ?? 0
        time = json?["time"]?.doubleValue ?? 0
        level = json?["level"]?.doubleValue ?? 0
        drift = json?["drift"]?.doubleValue ?? 0
        phase = json?["phase"]?.doubleValue ?? 0
        flags = json?["flags"]?.intValue ?? 0
    }
}
