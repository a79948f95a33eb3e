import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// The envelope alone, without a server: the peer builds every form that peers are known to
/// send, and we read it.
@Suite(.needsPythonPeer) struct EnvelopeInteropTests {
    @Test func everyKnownFormIsReadAsItWasMeant() async throws {
        try await Peer.run { peer in
            let names = try await peer.ask("forms")["forms"]?.arrayValue ?? []
            #expect(names.count >= 39)
            for name in names where !Self.needsStore.contains(name.stringValue ?? "") {
                let answer = try await peer.ask("build", ["form": name])
                let found = try Self.differences(answer)
                #expect(found == [], "form \(name)")
            }
        }
    }

    /// Forms whose payloads lie at a file server, and errors that only a download has.
    private static let needsStore: Set<String> = [
        "foreign_link", "links", "missing_link", "mixed_direct_and_link", "seed_link",
    ]

    private static func differences(_ answer: JSONValue) throws -> [String] {
        let expectation = Expectation(answer["expected"])
        let text = Bytes(utf8: answer["body"]?.stringValue ?? "")
        let body = try Base64.decode(text.span)
        do {
            let envelope = try EnvelopeReader.read(body)
            let found = try envelope.payloads.map(decoded)
            guard expectation.error == nil else { return ["was not refused"] }
            return try expectation.differences(envelope, found)
        } catch let error as EnvelopeError {
            // "envelope" and "payload" are the beginnings of the codes.
            guard let stage = expectation.error, error.code.rawValue.hasPrefix(stage) else {
                return ["refused: \(error)"]
            }
            return []
        }
    }

    private static func decoded(_ payload: EnvelopePayload) throws -> FoundPayload {
        guard case .direct(let content) = payload.transport else {
            throw FixtureError("a link in a direct form")
        }
        let value = try PayloadCodec.deserialize(
            content, typeName: payload.typeName, encoding: payload.encoding)
        return FoundPayload(name: payload.dataName, value: value)
    }
}
