import BridgeBytes
import BridgeJSON
import TestKit
import Testing

/// The peer itself: it starts, connects, and answers mistakes with words.
@Suite(.needsNATSServer, .needsPythonPeer) struct PeerTests {
    @Test func connectsAndTellsItsMistakes() async throws {
        try await NATSServerFixture.run { server in
            try await Peer.run(server: server) { peer in
                let forms = try await peer.ask("forms")["forms"]?.arrayValue ?? []
                #expect(forms.contains("strict"))
                await #expect(throws: FixtureError.self) {
                    try await peer.ask("send", ["form": "no such form", "subject": "a"])
                }
                try await peer.ask("listen", ["subject": "a"])
                try await peer.ask("send", ["form": "strict", "subject": "a"])
                let answer = try await peer.ask("take", ["subject": "a"])
                #expect(answer["message"]?["problems"]?.arrayValue == [])
            }
        }
    }

    @Test func differencesAreFound() {
        #expect(difference(["a": 1, "b": [nil, "x"]], ["b": [nil, "x"], "a": 1.0]) == nil)
        #expect(difference(["a": [1, 2]], ["a": [1, 3]]) == "$.a[1] is 2 and 3")
        #expect(difference(["a": 1], ["a": 1, "b": 2]) == "$.b is missing on the left")
        #expect(difference([1], [1, 1]) != nil)
        #expect(difference("a", nil) != nil)
    }
}
