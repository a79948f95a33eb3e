internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSBridge
internal import NATSWire

/// A message as a person reads it.
enum MessageText {
    /// Longest part of a value that is shown.
    private static let previewCount = 60
    /// Widest column of a name or a type.
    private static let widestCell = 60

    /// The head line: when, where, from whom.
    static func head(of message: Received, _ place: MessagePlace) -> String {
        let envelope = message.envelope
        var line = "\(envelope.timestampText)  \(message.subject.text)"
        if !envelope.senderName.isEmpty { line += "  from \(envelope.senderName)" }
        line += "  \(envelope.purpose)"
        if let sequence = place.sequence {
            line += "  #\(sequence)"
            if place.deliveryCount > 1 { line += " (delivery \(place.deliveryCount))" }
        }
        return flat(line)
    }

    /// One line for each payload of a received message.
    static func payloads(of message: Received, _ shown: [ShownPayload]) -> [String] {
        rows(
            zip(message.payloads, shown).map { payload, shown in
                [
                    payload.name, payload.typeName, Figures.bytes(payload.bytes.count),
                    payload.transport.rawValue, text(of: payload, shown),
                ]
            })
    }

    private static func text(of payload: ReceivedPayload, _ shown: ShownPayload) -> String {
        switch shown {
        case .file(let path): path
        case .failed(let failure): "not usable (\(failure.code))"
        case .value: preview(payload)
        }
    }

    /// One line for each payload of an envelope that was sent.
    static func payloads(of envelope: Envelope) -> [String] {
        rows(
            envelope.payloads.map { payload in
                let url = if case .link(let url) = payload.content { url } else { "" }
                return [
                    payload.dataName, payload.typeName, size(payload),
                    payload.transport.rawValue, url,
                ]
            })
    }

    private static func size(_ payload: EnvelopePayload) -> String { Figures.bytes(payload.size) }

    private static func rows(_ rows: [[String]]) -> [String] {
        let rows = rows.map { row in
            row.enumerated().map { index, text in
                index < 4 ? TerminalText.line(text, atMost: widestCell) : flat(text)
            }
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, text in
                index < 4 ? Figures.padded(text, widths[index]) : text
            }
            return "  " + cells.joined(separator: "  ")
        }
    }

    private static func preview(_ payload: ReceivedPayload) -> String {
        switch payload.value {
        case .text(let text): cut(text)
        case .json(let value), .jsonTable(let value): cut(beginning(of: value))
        case .table(let table):
            "\(Figures.grouped(table.count)) rows × \(table.schema.fields.count) columns"
        default: ""
        }
    }

    /// The first piece of a value's JSON, however large it is.
    private static func beginning(of value: JSONValue) -> String {
        var beginning = Bytes()
        var output = JSONPieces { piece in
            beginning = piece
            return false
        }
        output.value(value)
        if beginning.isEmpty { output.finish() }
        return String(repairing: beginning)
    }

    private static func cut(_ text: String) -> String {
        TerminalText.line(text, atMost: previewCount)
    }

    /// A text that came from a peer, on one line.
    private static func flat(_ text: String) -> String { TerminalText.line(text) }
}
