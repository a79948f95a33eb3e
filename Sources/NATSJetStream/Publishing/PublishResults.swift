internal import BridgeBytes
internal import NATSCore

/// What became of the messages of one `JetStream.publishAll`, in their order.
///
/// An acknowledgement takes about 2 bytes here while one stream answers, and 12 when several do;
/// streams are named once. Reading one makes the value.
public struct PublishResults: Sendable, RandomAccessCollection {
    /// An acknowledgement, or why the message has none.
    public typealias Element = Result<PublishAck, JetStreamError>

    /// Numbers in the stream of plain acknowledgements. Zero: what became of the message stands in
    /// `others`, or is not known.
    private var sequences = AckedSequences()
    /// The position in `streams` for each message; empty while all are of the first one.
    private var origins: [UInt32] = []
    /// The streams that have acknowledged something; few, since subjects lead to few.
    private var streams: [(bytes: Bytes, name: String)] = []
    /// Failures, and acknowledgements that say more than stream and number.
    private var others: [Int: Element] = [:]

    /// Bytes of memory for the acknowledgements.
    package var memory: Int {
        sequences.memory + origins.capacity * MemoryLayout<UInt32>.stride
    }

    init() {}

    /// Position of the first message's result.
    public var startIndex: Int { 0 }
    /// The number of messages.
    public var endIndex: Int { sequences.count }

    /// What became of one message; the `outcome` of a failure says what is known of it.
    public subscript(position: Int) -> Element {
        let sequence = sequences[position]
        guard sequence == 0 else {
            let stream = origins.isEmpty ? 0 : Int(origins[position])
            return .success(PublishAck(stream: streams[stream].name, sequence: sequence))
        }
        return others[position] ?? .failure(Self.unanswered)
    }

    /// The first failure; nil when every message is stored.
    /// - Complexity: O(count).
    public var firstFailure: JetStreamError? {
        for position in indices where sequences[position] == 0 {
            if case .failure(let error) = self[position] { return error }
        }
        return nil
    }

    /// So many streams are compared with; further ones are kept as whole acknowledgements.
    private static let mostStreams = 64
    private static let unanswered = JetStreamError(
        .timeout, operation: "publish", detail: "no answer in time", outcome: .unknown)

    /// Adds a place for the next message, whose result is to come.
    mutating func expect() {
        sequences.append()
        if !origins.isEmpty { origins.append(0) }
    }

    /// Adds the next message with its result.
    mutating func append(_ result: Element) {
        others[sequences.count] = result
        expect()
    }

    /// Notes what became of a message.
    mutating func settle(_ number: Int, _ result: Element) { others[number] = result }

    /// Notes a plain acknowledgement.
    mutating func settle(_ number: Int, _ sequence: UInt64, stream: Bytes) {
        let place: Int
        if let last = streams.last, last.bytes == stream {
            place = streams.count - 1
        } else if let known = streams.firstIndex(where: { $0.bytes == stream }) {
            place = known
        } else {
            guard streams.count < Self.mostStreams else {
                let ack = PublishAck(stream: String(repairing: stream), sequence: sequence)
                return settle(number, .success(ack))
            }
            place = streams.count
            streams.append((stream.copied(), String(repairing: stream)))
        }
        sequences[number] = sequence
        if place > 0, origins.isEmpty {
            origins = Array(repeating: 0, count: sequences.count)
        }
        if !origins.isEmpty { origins[number] = UInt32(truncatingIfNeeded: place) }
    }
}
