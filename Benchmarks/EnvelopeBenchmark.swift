import BridgeBytes
import BridgeEnvelope

/// Envelope against base64 alone: what the contract costs beyond the encoding itself.
enum EnvelopeBenchmark {
    static func run() async throws {
        let size = 700_000
        let bytes = Bytes((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) })
        let payload = EnvelopePayload(
            id: "4b4e4b6c-3f0e-4c55-9a0b-0c1d2e3f4a5b", dataName: "data", typeName: "binary",
            content: .direct(bytes))
        let envelope = Envelope(
            correlationID: "c", messageID: "m", timestamp: Timestamp(seconds: 0), sendTo: "s",
            senderID: "i", payloads: [payload])
        let body = EnvelopeWriter.encode(envelope)
        let text = Base64.encode(bytes.span)
        let repeats = 200
        await Measurement(name: "base64.encode.700k", count: size * repeats, unit: .byte).run {
            for _ in 0..<repeats { consume(Base64.encode(bytes.span).count) }
        }
        await Measurement(name: "envelope.encode.700k", count: size * repeats, unit: .byte).run {
            for _ in 0..<repeats { consume(EnvelopeWriter.encode(envelope).count) }
        }
        try await Measurement(name: "base64.decode.700k", count: size * repeats, unit: .byte).run {
            for _ in 0..<repeats { consume(try Base64.decode(text.span).count) }
        }
        try await Measurement(name: "envelope.decode.700k", count: size * repeats, unit: .byte).run
        {
            for _ in 0..<repeats { consume(try EnvelopeReader.read(body).payloads.count) }
        }
    }
}
