import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

@Suite struct EnvelopeWriterTests {
    @Test func whatIsWrittenIsReadStrictly() throws {
        let body = EnvelopeWriter.encode(Samples.mixed)
        #expect(try EnvelopeReader.read(body, strict: true) == Samples.mixed)
        #expect(try EnvelopeReader.read(body) == Samples.mixed)
    }

    @Test func theSizeIsKnownBeforehand() {
        var generator = SeededGenerator("sizes")
        for _ in 0..<300 {
            let envelope = RandomEnvelope.make(&generator)
            #expect(EnvelopeWriter.encodedCount(envelope) == EnvelopeWriter.encode(envelope).count)
        }
    }

    @Test func randomEnvelopesComeBack() throws {
        var generator = SeededGenerator("round trip")
        for _ in 0..<200 {
            let envelope = RandomEnvelope.make(&generator)
            let body = EnvelopeWriter.encode(envelope)
            #expect(try EnvelopeReader.read(body, strict: true) == envelope)
        }
    }

    @Test func slashesAreNotEscaped() {
        let body = EnvelopeWriter.encode(
            Samples.envelope([Samples.direct(Bytes([UInt8](repeating: 0xFF, count: 3000)))]))
        #expect(!body.contains(UInt8(ascii: "\\")))
    }

    @Test(arguments: [
        ("nats://user:secret@host:4222", "nats://host:4222"),
        ("nats://secret@host:4222", "nats://host:4222"),
        ("user:secret@host:4222", "host:4222"),
        ("nats://u:se@cret@host:4222", "nats://host:4222"),
        ("nats://u:sec,ret@host:4222", "nats://host:4222"),
        ("nats://u:secret@a:1,nats://v:secret@b:2", "nats://a:1,nats://b:2"),
        ("nats://host:4222?token=secret", "nats://host:4222"),
        ("nats://host:4222#secret", "nats://host:4222"),
        ("nats://a:1,nats://b:2", "nats://a:1,nats://b:2"),
        ("localhost:4222", "localhost:4222"), ("", ""), ("@", ""),
    ])
    func secretsNeverStandInTheBrokerURL(given: String, written: String) throws {
        var envelope = Samples.envelope()
        envelope.brokerURL = given
        #expect(envelope.brokerURL == written)
        let text = String(repairing: EnvelopeWriter.encode(envelope))
        #expect(!text.contains("secret") && !text.contains("cret@"))
        #expect(try EnvelopeReader.read(Bytes(utf8: text)).brokerURL == written)
    }
}
