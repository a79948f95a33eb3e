internal import BridgeBytes
internal import BridgeJSON

/// Builds an envelope from located fields; see `EnvelopeReader`.
struct EnvelopeAssembly {
    private let source: ValueSource
    private var strict: Bool { source.strict }

    init(_ body: Bytes, strict: Bool, limits: EnvelopeLimits) {
        source = ValueSource(body: body, strict: strict, limits: limits)
    }

    /// What is told of a payload that cannot be read; it throws where that ends the reading.
    typealias Fault = (Int, EnvelopeError) throws(EnvelopeError) -> Void

    func envelope(
        _ located: LocatedEnvelope, _ fault: Fault
    ) throws(EnvelopeError) -> Envelope {
        try checkForm(located)
        var texts: [EnvelopeField: String] = [:]
        for field in EnvelopeField.allCases where field != .metadata && field != .payloads {
            let value = located.values[field]
            let isRequired = strict && EnvelopeField.neverEmpty.contains(field)
            texts[field] =
                isRequired
                ? try source.requiredText(value, field.rawValue)
                : try source.text(value, field.rawValue)
        }
        var envelope = Envelope(
            correlationID: texts[.correlationID] ?? "", messageID: texts[.messageID] ?? "",
            timestamp: nil, sendTo: texts[.sendTo] ?? "", purpose: texts[.purpose] ?? "",
            senderName: texts[.senderName] ?? "", senderID: texts[.senderID] ?? "",
            receiverName: texts[.receiverName] ?? "", receiverID: texts[.receiverID] ?? "",
            replyTo: texts[.replyTo] ?? "", replyToMessageID: texts[.replyToMessageID] ?? "",
            brokerURL: texts[.brokerURL] ?? "",
            metadata: try source.object(located.values[.metadata], "metadata"),
            payloads: try payloads(located, fault))
        envelope.setTimestamp(text: texts[.timestamp] ?? "")
        if strict { try checkValues(envelope, located) }
        return envelope
    }

    /// Whether this is an envelope at all, and strictly whether its fields are complete and in
    /// their order.
    private func checkForm(_ located: LocatedEnvelope) throws(EnvelopeError) {
        if strict {
            try checkOrder(located.order, EnvelopeField.allCases, "")
            for (index, payload) in located.payloads.enumerated() {
                try checkOrder(payload.order, PayloadField.allCases, "payloads[\(index)].")
            }
            return
        }
        let isEnvelope =
            located.values[.payloads] != nil || located.values[.messageID] != nil
            || located.isFirstDesign
        guard isEnvelope else {
            throw EnvelopeError(
                .notAnEnvelope, stage: .envelope, offset: 0,
                "a JSON object, but in none of the known forms of an envelope")
        }
    }

    private func checkOrder<Field: RawRepresentable<String> & Equatable>(
        _ order: [Field], _ expected: [Field], _ path: String
    ) throws(EnvelopeError) {
        for field in expected where !order.contains(field) {
            throw EnvelopeError(
                .missingKey, stage: .envelope, field: path + field.rawValue, "absent")
        }
        for (field, other) in zip(expected, order) where field != other {
            throw EnvelopeError(
                .wrongOrder, stage: .envelope, field: path + other.rawValue,
                "in the place of \(field.rawValue)")
        }
    }

    private func payloads(
        _ located: LocatedEnvelope, _ fault: Fault
    ) throws(EnvelopeError) -> [EnvelopePayload] {
        if let value = try presentPayloads(located) {
            guard value.token == .beginArray else {
                throw source.error(.typeMismatch, value, "payloads", "no array")
            }
            var payloads: [EnvelopePayload] = []
            payloads.reserveCapacity(located.payloads.count)
            for (index, payload) in located.payloads.enumerated() {
                let assembly = PayloadAssembly(source: source, path: "payloads[\(index)]")
                do throws(EnvelopeError) {
                    payloads.append(try assembly.payload(payload))
                } catch {
                    try fault(index, error)
                    payloads.append(assembly.withoutContent(payload))
                }
            }
            return payloads
        }
        guard located.isFirstDesign else { return [] }
        return [try PayloadAssembly(source: source, path: "").payload(located.single)]
    }

    private func presentPayloads(
        _ located: LocatedEnvelope
    ) throws(EnvelopeError) -> LocatedValue? {
        try source.present(located.values[.payloads], "payloads")
    }

    /// What the strict form asks of values beyond their types.
    private func checkValues(
        _ envelope: Envelope, _ located: LocatedEnvelope
    ) throws(EnvelopeError) {
        if envelope.timestamp?.description != envelope.timestampText {
            throw source.error(
                .invalidValue, located.values[.timestamp], "timestamp",
                "not of the form 2026-03-13T07:02:50.443Z")
        }
        let broker = try source.text(located.values[.brokerURL], "broker_url")
        guard broker == envelope.brokerURL else {
            throw source.error(
                .invalidValue, located.values[.brokerURL], "broker_url",
                "holds more than scheme, host and port")
        }
    }
}

extension LocatedEnvelope {
    /// Whether the fields of the first design's one payload are there.
    var isFirstDesign: Bool {
        values[.payloads] == nil && single.values[.transport] != nil
            && single.values[.type] != nil && single.values[.data] != nil
    }
}
