/// Events by the names of OpenTelemetry, for whoever exports them.
extension LogEvent {
    /// What OpenTelemetry calls the fields that it knows; all others are `natsbridge.<name>`.
    private static let names = [
        "subject": "messaging.destination.name", "msg_id": "messaging.message.id",
        "bytes": "messaging.message.envelope.size", "body_bytes": "messaging.message.body.size",
        "code": "error.type", "trace_id": "trace_id", "server": "server.address",
    ]

    /// The event's attributes, by the semantic conventions for messaging: `messaging.system`,
    /// `messaging.operation.name` (the stage), `messaging.operation.type`,
    /// `messaging.message.conversation_id` (the correlation id) and the fields. Empty ones are
    /// left out. Complexity: O(n) in the fields.
    public var attributes: [Field] {
        var attributes = [
            Field("messaging.system", "nats"), Field("messaging.operation.name", stage),
        ]
        if let type = Self.operationTypes[stage] {
            attributes.append(Field("messaging.operation.type", type))
        }
        attributes.append(Field("messaging.message.conversation_id", correlationID))
        for field in fields {
            let name = attributeName(field.name)
            attributes.append(Field(name, field.value))
        }
        return attributes.filter { !$0.value.isEmpty }
    }

    /// Of transfers `bytes` counts the payload, not the message.
    private func attributeName(_ name: String) -> String {
        if name == "bytes", stage == "upload" || stage == "download" {
            return "natsbridge.payload.bytes"
        }
        return Self.names[name] ?? "natsbridge.\(name)"
    }

    private static let operationTypes = [
        "serialize": "create", "plan": "create", "upload": "create", "encode": "create",
        "publish": "send", "reply": "send", "receive": "receive", "replay": "receive",
        "decode": "process", "download": "process", "deserialize": "process",
    ]
}
