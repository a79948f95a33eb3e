import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit

/// Envelopes of the strict form with random content, awkward texts included.
enum RandomEnvelope {
    private static let pieces = [
        "a", "Z", "9", "/", "\\", "\"", "\n", "\t", "\u{1}", "\u{7F}", "ü", "漢", "😀", " ", ".",
        "\u{2028}", "{", "'", "\r", "\u{8}", "\u{C}",
    ]

    static func make(_ generator: inout SeededGenerator) -> Envelope {
        var envelope = Samples.envelope()
        envelope.timestamp = Timestamp(
            milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &generator))
        envelope.correlationID = "c" + text(&generator)
        envelope.sendTo = text(&generator)
        envelope.purpose = "p" + text(&generator)
        envelope.senderName = text(&generator)
        envelope.replyTo = text(&generator)
        envelope.metadata = object(&generator, depth: 3)
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            envelope.payloads.append(payload(&generator))
        }
        return envelope
    }

    static func payload(_ generator: inout SeededGenerator) -> EnvelopePayload {
        var payload: EnvelopePayload
        if Int.random(in: 0..<4, using: &generator) == 0 {
            payload = Samples.link()
            payload.statedSize = Int.random(in: 0 ... .max, using: &generator)
        } else {
            let count = Int.random(in: 0...300, using: &generator)
            payload = Samples.direct(Bytes(generator.bytes(count)))
            payload.typeName = PayloadType.allCases.randomElement(using: &generator)?.rawValue ?? ""
        }
        payload.dataName = text(&generator)
        payload.metadata = object(&generator, depth: 2)
        return payload
    }

    static func text(_ generator: inout SeededGenerator) -> String {
        let count = Int.random(in: 0...12, using: &generator)
        return (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }

    private static func object(_ generator: inout SeededGenerator, depth: Int) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            object[text(&generator)] = value(&generator, depth: depth - 1)
        }
        return object
    }

    private static func value(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: .null
        case 1: true
        case 2: false
        case 3: .number(JSONNumber(Int.random(in: .min ... .max, using: &generator)))
        case 4:
            JSONNumber(Double.random(in: -1e6...1e6, using: &generator)).map(JSONValue.number)
                ?? .null
        case 5: .string(text(&generator))
        case 6: .object(object(&generator, depth: depth))
        default: .array([value(&generator, depth: depth - 1), .null])
        }
    }
}
