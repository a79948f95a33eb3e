// Theory of operation.
//
// Many messages are read with one request (ADR-31): the server sends up to `batch` of them, each
// with the number of the one before it (`Nats-Last-Sequence`), and a status 204 behind them with
// the number of those that are left (`Nats-Num-Pending`). The cursor asks page by page, each from
// the number behind the last message that it has handed on; it sends nothing itself.
//
// A page may lose messages on its way, or its end. The numbers show the first, silence the second;
// both are answered by asking again, `maxLosses` times in a row at most. A message that came
// before is dropped by its number.
//
// The newest messages of several subjects are read as of one moment: the first page says which
// (`Nats-UpTo-Sequence`), and the pages after it repeat that.
//
// A page has a byte limit always. Without one the server sends all that it may put into one
// connection's buffer, and cuts the connection when that is slow.
internal import BridgeBytes
internal import BridgeJSON
internal import NATSWire

/// The place of a direct read in its stream.
struct DirectReadCursor: Sendable {
    /// What is read.
    enum Query: Sendable, Hashable {
        /// Every message on such a subject.
        case all(SubjectPattern)
        /// The newest message of each subject that matches.
        case last([SubjectPattern])
    }

    enum Action: Equatable, Sendable {
        case deliver
        /// It was handed on before.
        case drop
        /// One before it is missing: ask again.
        case askAgain
    }

    /// Most messages of one page.
    static let pageSize = 1000
    /// Most bytes of one page, and one message.
    static let pageBytes = 1 << 20
    /// Pages in a row that may be lost.
    static let maxLosses = 3

    private let query: Query
    private let start: UInt64
    private let startTime: Timestamp?
    private var upToSequence: UInt64?
    private var upToTime: Timestamp?
    /// Number of the last message that was handed on.
    private var last: UInt64 = 0
    /// Number of the last message of this page; nil before the first.
    private var lastOfPage: UInt64?
    private var losses = 0
    private(set) var isFinished = false

    init(
        _ query: Query, from start: UInt64 = 1, since startTime: Timestamp? = nil,
        upTo sequence: UInt64? = nil, until time: Timestamp? = nil
    ) {
        self.query = query
        self.start = max(1, start)
        self.startTime = startTime
        upToSequence = sequence
        upToTime = time
    }

    /// The body of the next request.
    mutating func request() -> JSONObject {
        lastOfPage = nil
        var body = JSONObject()
        if last > 0 {
            body.set("seq", last + 1)
        } else if let startTime {
            body["start_time"] = .string(startTime.nanosecondText)
        } else {
            body.set("seq", start)
        }
        switch query {
        case .all(let filter): body["next_by_subj"] = .string(filter.text)
        case .last(let filters): body["multi_last"] = .array(filters.map { .string($0.text) })
        }
        body.set("batch", Self.pageSize)
        body.set("max_bytes", Self.pageBytes)
        if let upToSequence {
            body.set("up_to_seq", upToSequence)
        } else if let upToTime {
            body["up_to_time"] = .string(upToTime.nanosecondText)
        }
        return body
    }

    /// A message came.
    /// - Parameter before: The number of the one before it in this page; nil when it does not say.
    mutating func received(_ sequence: UInt64, before: UInt64?) -> Action {
        if let lastOfPage, let before, before != lastOfPage { return .askAgain }
        lastOfPage = sequence
        guard sequence > last else { return .drop }
        last = sequence
        losses = 0
        return .deliver
    }

    /// The page is whole.
    mutating func pageEnded(_ headers: Headers) {
        if let sent = headers.number(.directLast), sent != lastOfPage ?? sent { return pageLost() }
        if case .last = query, upToSequence == nil { upToSequence = headers.number(.directUpTo) }
        guard headers.number(.directPending) ?? 0 > 0 else { return finish() }
        if lastOfPage == nil { pageLost() }
    }

    /// There are no more.
    mutating func finish() { isFinished = true }

    /// The page, or some of it, was lost.
    mutating func pageLost() { losses += 1 }

    /// Whether it has been asked in vain too often.
    var isHopeless: Bool { losses > Self.maxLosses }
}
