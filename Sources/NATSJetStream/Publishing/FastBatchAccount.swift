// Theory of operation (ADR-50, fast ingest).
//
// The messages of a fast batch are numbered from 1 by their reply subjects. The stream answers the
// first one with a flow, and from then on one message in so many: `{"type":"ack","seq":N,"msgs":F}`
// says that everything up to N has come, and that the next such word follows F messages later. A
// lost word is made good by the next one. So many flows may be outstanding; whoever reaches that
// waits, and asks with a ping when no word comes.
//
// A hole in the numbers is told at once (`gap`), and so is a message that the stream refuses
// (`err`). Where no gap is allowed the batch is over then: an answer without a type, the word on
// the whole batch, follows. What was sent behind the hole is answered with errors of an unknown
// batch, which say nothing. An error without a type while the batch is open comes for its first
// message, from another stream than that of the batch, or from a server that has forgotten it:
// nothing more is sent, and the stream is asked for its word on the whole.
//
//     open ──gap or err, where none is allowed; untyped error; nobody──▶ failed
//     open, failed ──final message sent──▶ committing
//     open, failed, committing ──word on the whole──▶ over
package import BridgeBytes
internal import BridgeJSON
internal import NATSCore

/// The account of one fast batch: what was sent, what the stream has, when to wait.
package struct FastBatchAccount: Equatable, Sendable {
    /// What an answer was about.
    package enum Answer: Equatable, Sendable {
        /// The stream has everything up to the number, but for gaps that were told.
        case flow
        /// Messages of these numbers did not come.
        case gap(ClosedRange<UInt64>)
        /// The message of that number is not stored.
        case refusal(UInt64, JetStreamAPIError)
        /// The stream's word on the whole batch.
        case over
        /// An answer to a batch that is over, or to nobody.
        case nothing
    }

    private enum Phase: Equatable, Sendable {
        case open
        /// Nothing more is to be sent but the final message.
        case failed
        case committing
        case over
    }

    /// Most words of the stream that may be outstanding.
    private let maxOutstanding: UInt64
    private let allowsGaps: Bool
    private var phase = Phase.open
    /// Number of the last message that was sent.
    package private(set) var sent: UInt64 = 0
    /// The stream has everything up to this number, but for gaps that were told.
    package private(set) var reached: UInt64 = 0
    /// The stream's word comes after so many messages; 0: it has not said yet.
    package private(set) var flow: UInt64 = 0
    /// Where the messages went; empty until the stream has said.
    package private(set) var stream = ""
    /// Number in the stream of the last message; nil until the batch is over.
    package private(set) var lastSequence: UInt64?
    /// The domain of JetStream, if there is one.
    package private(set) var domain: String?

    package init(maxOutstanding: Int, allowsGaps: Bool) {
        self.maxOutstanding = UInt64(max(1, maxOutstanding))
        self.allowsGaps = allowsGaps
    }

    /// Whether messages may be added.
    package var isOpen: Bool { phase == .open }
    /// Whether the final message was sent, and the stream has not said its word on it.
    package var isCommitting: Bool { phase == .committing }
    /// Whether nothing more will be said.
    package var isOver: Bool { phase == .over }
    /// Whether the stream has to speak before the next message is sent.
    package var mustWait: Bool {
        guard phase == .open, sent > 0 else { return false }
        return flow == 0 || sent - reached >= flow * maxOutstanding
    }

    /// A message goes out; returns its number.
    package mutating func sends() -> UInt64 {
        sent += 1
        return sent
    }

    /// The final message goes out: it has the next number, and is not stored.
    package mutating func commits() { if phase != .over { phase = .committing } }

    /// Nothing more is to be added: a message met nobody, or could not be sent.
    package mutating func fails() { if phase == .open { phase = .failed } }

    /// Nothing more will be said: the end met nobody.
    package mutating func endsUnheard() { phase = .over }

    /// The last messages did not go out after all.
    package mutating func takesBack(to number: UInt64) { sent = min(sent, max(number, reached)) }

    /// Takes what was answered to a message.
    /// - Throws: `JetStreamError` with `unexpectedAnswer` for what no stream says.
    package mutating func answered(
        _ number: UInt64, _ payload: Bytes
    ) throws(JetStreamError) -> Answer {
        guard phase != .over else { return .nothing }
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: payload) } catch {
            throw Self.unexpected("not JSON")
        }
        let fields = try JSONFields(json, operation: "publish")
        switch try fields.text("type") {
        case "ack": return try flowed(fields)
        case "gap":
            let (first, next) = (try fields.count("last_seq"), try fields.count("seq"))
            guard first > 0, first < next else { throw Self.unexpected("a gap without numbers") }
            if !allowsGaps { fails() }
            return .gap(first...next - 1)
        case "err":
            guard let error = try fields.fields("error") else {
                throw Self.unexpected("an error without words")
            }
            if !allowsGaps { fails() }
            return .refusal(try fields.count("seq"), try JetStreamAPIError(error))
        default: return try ended(number, fields)
        }
    }

    private mutating func flowed(_ fields: JSONFields) throws(JetStreamError) -> Answer {
        let (number, flow) = (try fields.count("seq"), try fields.count("msgs"))
        guard number <= sent, flow > 0, flow <= UInt64(UInt16.max) else {
            throw Self.unexpected("a flow of \(flow) messages up to \(number) of \(sent)")
        }
        // Words may overtake each other; the flow is that of the last one that says more.
        if number >= reached { (reached, self.flow) = (number, flow) }
        return .flow
    }

    private mutating func ended(
        _ number: UInt64, _ fields: JSONFields
    ) throws(JetStreamError) -> Answer {
        if let words = try fields.fields("error") {
            let error = try JetStreamAPIError(words)
            if phase == .committing, number > sent {
                phase = .over
            } else if error.errorCode == JetStreamAPIError.unknownBatch, phase != .open {
                // To a message behind the end of the batch.
                return .nothing
            } else {
                fails()
            }
            return .refusal(number, error)
        }
        guard let name = try fields.text("stream"), !name.isEmpty else {
            throw Self.unexpected("it names no stream")
        }
        let count = try fields.count("count")
        guard try fields.text("batch") != nil, count <= sent else {
            throw JetStreamError(
                .serverTooOld, operation: "publish", stream: name,
                detail: "the answer is to a single message: the server knows no fast batches",
                outcome: .unknown)
        }
        (phase, stream, domain) = (.over, name, try fields.text("domain"))
        (reached, lastSequence) = (count, try fields.count("seq"))
        return .over
    }

    private static func unexpected(_ detail: String) -> JetStreamError {
        JetStreamError(
            .unexpectedAnswer, operation: "publish",
            detail: "the answer is none of a stream's to a fast batch: \(detail)",
            outcome: .unknown)
    }
}
