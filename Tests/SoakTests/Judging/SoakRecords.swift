/// Which message: the process that made it and its number there. It is the message's correlation
/// id, the name of its payload, and the beginning of its content.
struct SoakTag: Hashable, Comparable, Sendable, CustomStringConvertible {
    let process: String
    let number: Int

    init(_ process: String, _ number: Int) {
        self.process = process
        self.number = number
    }

    /// Nil for a text that no process of a soak has written.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let number = Int(parts[1]) else { return nil }
        self.init(String(parts[0]), number)
    }

    var description: String { "\(process)-\(number)" }

    static func < (left: Self, right: Self) -> Bool {
        (left.process, left.number) < (right.process, right.number)
    }
}

/// What a sender was told about one message.
struct SoakSend: Sendable, Equatable {
    /// How the message was sent, which decides where it must have arrived.
    enum Way: String, Sendable, CaseIterable {
        case core, jetStream, request
    }

    enum Outcome: String, Sendable, CaseIterable {
        /// A success, or a failure that says that the message went out.
        case sent
        /// A failure that leaves it open.
        case unknown
        /// A failure before anything went out.
        case notSent
        /// The server's permissions forbid it.
        case denied
        /// The call did not end within its limit.
        case hung
    }

    let tag: SoakTag
    let way: Way
    /// When the call began and ended, from the start of the run.
    let began: Duration
    let ended: Duration
    let outcome: Outcome
    /// The failure in words; empty for a success.
    var detail = ""
    /// The server that the sender was connected to when the call ended; empty: not known.
    var server = ""
    /// Whether the failure says that uploads may be left at the store, or came from a store that
    /// could not be asked: then nobody could have removed them.
    var mayLeaveUploads = false
}

/// What the independent witnesses saw of one message.
struct SoakSighting: Sendable, Equatable {
    /// The nodes whose control subscribers saw it.
    var nodes: Set<Int> = []
    /// How often the stream holds it.
    var stored = 0
    /// What is wrong with it, as the witness found: the envelope, the content, its digest.
    var problem: String?
    /// The key of the object that its link names; nil for a payload inside the message.
    var object: String?
    /// Why the link could not be fetched, or what was wrong with what came.
    var linkProblem: String?
}

/// What one receiving loop was handed, in its order.
struct SoakLog: Sendable, Equatable {
    enum Event: Sendable, Equatable {
        /// A message whole, with its values; `isIntact` when they are what was sent.
        case message(SoakTag, isIntact: Bool)
        /// A message that came and could not be used, named.
        case failure(SoakTag, String)
        /// A loss that was told: messages are missing here, or may be.
        case gap(String)
        /// The subscription ended and was made again, so that messages may be missing here, and
        /// nobody remembers the earlier ones.
        case end(String)
        /// A failure that names no message and tells no loss.
        case stray(String)
    }

    let name: String
    /// The processes whose messages the loop subscribes to.
    let processes: Set<String>
    var events: [Event] = []
}

/// The most memory that a process had resident.
struct SoakMemory: Sendable, Equatable {
    let process: String
    let kilobytes: Int
    let budget: Int
}

/// All that is known when a run is over.
struct SoakEvidence: Sendable {
    var sends: [SoakSend] = []
    var sightings: [SoakTag: SoakSighting] = [:]
    var logs: [SoakLog] = []
    /// What the store holds: the key of each object, and the name of its payload.
    var objects: [String: String] = [:]
    /// The objects that the store was told to lose.
    var lostObjects: Set<String> = []
    /// When servers were killed, from the start of the run.
    var kills: [Duration] = []
    var memory: [SoakMemory] = []
    /// What did not come back after the faults, in words.
    var unrecovered: [String] = []
}

/// One thing that the bridge must not have done.
struct SoakFinding: Sendable, Equatable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        /// A success was told, and nobody saw the message.
        case falseSuccess
        /// A message arrived of which it was told that it had not been sent.
        case falseFailure
        /// A loop was not handed a message that arrived, and was told of no loss there.
        case untoldLoss
        /// A message arrived, or was handed out, that is not what was sent.
        case damaged
        /// A message that nobody sent.
        case stranger
        /// A stream holds a message twice, or a loop was handed it twice.
        case repeated
        /// A loop got a failure that names no message.
        case unexplained
        /// The link of an arrived message leads nowhere, or to something else.
        case brokenLink
        /// An upload is left of a send that is known to have failed, or one too many.
        case orphan
        /// A call did not end.
        case hung
        /// A process had more memory than its budget.
        case memory
        /// Something did not come back after the faults.
        case stuck
    }

    let kind: Kind
    /// The message, the loop, the process or the object concerned.
    let subject: String
    var detail = ""

    var description: String {
        "\(kind.rawValue) \(subject)" + (detail.isEmpty ? "" : ": \(detail)")
    }
}
