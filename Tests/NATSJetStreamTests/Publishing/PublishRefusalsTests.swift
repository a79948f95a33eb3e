internal import NATSJetStream
internal import NATSWire
internal import Testing

/// Which messages the server's refusals mean, which name subjects alone.
@Suite struct PublishRefusalsTests {
    /// Outstanding messages as their numbers by subject.
    private static func settle(
        _ refusals: inout PublishRefusals, _ outstanding: [Subject: [Int]]
    ) -> [Int] {
        let count = outstanding.values.reduce(0) { $0 + $1.count }
        return refusals.settle(outstanding: count) { outstanding[$0] ?? [] }.map(\.number)
    }

    @Test func `as many refusals as messages mean all of them`() {
        var refusals = PublishRefusals()
        #expect(refusals.isEmpty)
        #expect(Self.settle(&refusals, ["a": [1, 2]]) == [])
        refusals.add("a", words: "no")
        #expect(!refusals.isEmpty && refusals.words(on: "a") == "no")
        // The other one may be answered, or refused.
        #expect(Self.settle(&refusals, ["a": [1, 2]]) == [])
        refusals.add("a", words: "no")
        #expect(Self.settle(&refusals, ["a": [1, 2]]) == [1, 2])
        #expect(refusals.isEmpty && refusals.words(on: "a") == nil)
    }

    @Test func `an answer to one of two means the other`() {
        var refusals = PublishRefusals()
        refusals.add("a", words: "no")
        #expect(Self.settle(&refusals, ["a": [1, 2]]) == [])
        #expect(Self.settle(&refusals, ["a": [2]]) == [2])
    }

    @Test func `what is on its way elsewhere is waited for`() {
        var refusals = PublishRefusals()
        refusals.add("a", words: "no")
        #expect(Self.settle(&refusals, ["a": [1], "b": [2, 3]]) == [])
        refusals.add("b", words: "no")
        #expect(Self.settle(&refusals, ["a": [1], "b": [2, 3]]) == [])
        // One of the two has got an answer meanwhile.
        #expect(Self.settle(&refusals, ["a": [1], "b": [3]]) == [1, 3])
    }

    @Test func `refusals of what others have published mean nothing, and are forgotten`() {
        var refusals = PublishRefusals()
        for _ in 0..<5 { refusals.add("other", words: "no") }
        #expect(Self.settle(&refusals, ["a": [1, 2]]) == [])
        #expect(refusals.isEmpty)
        refusals.add("other", words: "no")
        refusals.add("a", words: "no")
        #expect(Self.settle(&refusals, ["a": [1, 2]]) == [])
        #expect(refusals.words(on: "other") == nil && refusals.words(on: "a") == "no")
    }
}
