/// What became of a published message.
public enum PublishOutcome: String, Sendable, Hashable, CaseIterable {
    /// The server has it: it answered a PING that was sent behind the message.
    case sent
    /// The connection was lost, or the client closed, after the message was given to the system
    /// and before the server confirmed it. It may or may not have arrived, and may yet arrive,
    /// even behind messages that were published later: the network may hold it for long.
    case unknown
    /// The message never left this process whole, and will not: the client was closed before, or
    /// no server takes a message of its size.
    case lost
    /// The server has seen the message and refused it: its permissions forbid the subject. Nobody
    /// was given it.
    case denied
}

/// What became of every message that was published, in the order of publishing.
///
/// ## Theory of operation
/// The outbox numbers messages from 1 as they are appended, and they leave in that order. So
/// outcomes are settled from the front, and what is known is a list of runs: "up to 100 sent, up
/// to 120 unknown, up to 500 sent". A receipt is a number and costs nothing to issue; a million
/// of them on a healthy connection are one run.
///
///     1 … 100      101 … 120     121 … 500      501 …
///     | sent       | unknown     | sent         | pending
///
/// - A PONG for a PING that was appended behind message n settles everything up to n as sent.
/// - A lost connection tells which messages will be sent again; those before them that no PONG
///   covers are unknown. The others stay pending, for the next connection.
/// - Closing settles the rest: unknown where the system had it, lost where it had not.
///
/// A PONG never speaks of messages that went over another connection: a client that moves to a
/// new one lets the old one answer, or be lost, before it writes to the new one.
///
/// Only the last `runLimit` runs are kept; of messages before them nothing is known any more.
package struct ReceiptLedger: Sendable {
    private struct Run: Equatable {
        /// The last message of the run.
        var end: UInt64
        let outcome: PublishOutcome
    }

    /// Most runs that are remembered: two for each lost connection.
    package static let runLimit = 1024

    private var runs: [Run] = []

    package init() {}

    /// Every message up to this one is settled.
    package private(set) var settled: UInt64 = 0

    /// What became of a message; nil while nobody knows. Complexity: O(log n) in the number of
    /// runs.
    package func outcome(of number: UInt64) -> PublishOutcome? {
        guard number <= settled else { return nil }
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end < number { low = middle + 1 } else { high = middle }
        }
        return low < runs.count ? runs[low].outcome : .unknown
    }

    /// A PONG has come for a PING that was sent behind message `number`.
    package mutating func confirmed(upTo number: UInt64) {
        settle(upTo: number, .sent)
    }

    /// The connection is gone; messages from `number` on will be sent over the next one.
    package mutating func connectionLost(resumingFrom number: UInt64) {
        settle(upTo: number - 1, .unknown)
    }

    /// The client is closed: messages from `number` on never left.
    package mutating func closed(unsentFrom number: UInt64, last: UInt64) {
        settle(upTo: number - 1, .unknown)
        settle(upTo: last, .lost)
    }

    private mutating func settle(upTo end: UInt64, _ outcome: PublishOutcome) {
        guard end > settled else { return }
        settled = end
        if let last = runs.indices.last, runs[last].outcome == outcome {
            runs[last].end = end
        } else {
            runs.append(Run(end: end, outcome: outcome))
            if runs.count > Self.runLimit { forgetOldest() }
        }
    }

    /// Halves the list, so that forgetting is amortised O(1). The first run that stays becomes
    /// unknown: its beginning is not known, and what was before it must not look like a part.
    private mutating func forgetOldest() {
        runs.removeFirst(Self.runLimit / 2)
        runs[0] = Run(end: runs[0].end, outcome: .unknown)
    }
}
