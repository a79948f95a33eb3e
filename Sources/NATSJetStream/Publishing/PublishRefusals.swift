// Theory of operation.
//
// Whoever publishes with many answers outstanding is told of the server's refusals among the
// answers. A refusal names the subject alone, and others may publish to it over the same
// connection. But each message that is outstanding gets an answer or a refusal, sooner or later: so
// when as many refusals have come as messages are outstanding, none of these is still under way,
// and the messages to a subject that was refused as often as it has messages are meant. Whatever
// is not clear by then stays until its answer comes or its time is over.
internal import BridgeBytes
internal import NATSCore
package import NATSWire

/// What the server has refused, until it is clear which messages that means.
package struct PublishRefusals: Sendable {
    /// What the server says of a message that it has not taken.
    package struct Verdict: Equatable, Sendable {
        package let number: Int
        package let subject: Subject
        /// The server's words.
        package let words: String
    }

    private var refused: [Subject: (count: Int, words: String)] = [:]
    private var total = 0

    package init() {}

    package var isEmpty: Bool { total == 0 }

    /// A message to a subject was refused.
    package mutating func add(_ subject: Subject, words: String) {
        refused[subject, default: (0, words)].count += 1
        total += 1
    }

    /// The messages that are meant, in their order, when that is clear. Refusals that mean no
    /// message which is outstanding are forgotten then.
    /// - Parameters:
    ///   - outstanding: How many messages have got no answer.
    ///   - numbers: The numbers of those that went to a subject.
    package mutating func settle(
        outstanding: Int, _ numbers: (Subject) -> [Int]
    ) -> [Verdict] {
        guard total > 0, total >= outstanding else { return [] }
        var verdicts: [Verdict] = []
        for (subject, refusal) in refused {
            let meant = numbers(subject)
            guard refusal.count >= meant.count else { continue }
            refused[subject] = nil
            total -= refusal.count
            verdicts += meant.map { Verdict(number: $0, subject: subject, words: refusal.words) }
        }
        return verdicts.sorted { $0.number < $1.number }
    }

    /// The server's words, if one of the messages to a subject was refused.
    package func words(on subject: Subject) -> String? { refused[subject]?.words }
}

extension JetStreamError {
    /// The server's permissions forbid a subject.
    init(forbidden subject: Subject, _ words: String, outcome: PublishOutcome) {
        self.init(
            .permissionDenied, operation: "publish", subject: subject.text, detail: words,
            outcome: outcome)
    }
}
