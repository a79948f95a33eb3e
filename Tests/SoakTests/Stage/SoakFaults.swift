import TestKit

/// One fault with all that is drawn for it: a value, so that a seed stands for a whole run.
struct SoakFault: Sendable, Equatable, CustomStringConvertible {
    /// Who meets the fault on a path that both have.
    enum Side: String, Sendable, CaseIterable { case senders, receivers }

    enum Kind: String, Sendable, CaseIterable {
        /// The connections to NATS end behind a byte.
        case cutNATS
        /// Nearly nothing passes to NATS and back.
        case slowNATS
        /// A node is stopped in order and started again.
        case restartNode
        /// A node is ended without a chance to say anything, and started again.
        case killNode
        /// A node sends its clients away, ends and is started again.
        case lameDuck
        /// The senders' subjects are forbidden for a while.
        case denySending
        /// The receivers' subjects are forbidden for a while.
        case denyReceiving
        /// The receivers stand still.
        case standStill
        /// The connections to the store end behind a byte, one after the other.
        case cutStore
        /// The store is ended without a chance to say anything, and started again.
        case killStore
        /// Nearly nothing passes to the store and back.
        case slowStore
        /// The store accepts connections and never answers.
        case deadStore
        /// The store has no room (507).
        case fullStore
        /// The store loses some objects for good.
        case loseObjects

        /// Faults of NATS, one of which is played at a time.
        static let ofNATS: [Kind] = [
            .cutNATS, .slowNATS, .restartNode, .killNode, .lameDuck, .denySending, .denyReceiving,
            .standStill,
        ]
        /// Faults of the store, which are played beside those.
        static let ofStore: [Kind] = [
            .cutStore, .killStore, .slowStore, .deadStore, .fullStore, .loseObjects,
        ]
    }

    /// How connections end that are cut, as `Toxics.Ending` has it.
    static let endings: [Toxics.Ending] = [.close, .halfClose, .reset]
    static let nodeCount = 3
    /// A cut meets heads, envelopes and the middle of uploads: links begin at 20 KB.
    static let cutRange = 0...40_000
    static let lengthRange = 500...2_000
    /// Time without a fault before the next one.
    static let pauseRange = 200...1_200

    let kind: Kind
    let side: Side
    let node: Int
    let direction: FlowDirection
    let ending: Toxics.Ending
    /// Bytes that pass before a cut.
    let cut: Int
    let length: Duration
    let pauseBefore: Duration

    /// Draws a fault of that kind.
    init(_ kind: Kind, using generator: inout SeededGenerator) {
        self.kind = kind
        side = Bool.random(using: &generator) ? .senders : .receivers
        node = Int.random(in: 0..<Self.nodeCount, using: &generator)
        direction = Bool.random(using: &generator) ? .toServer : .toClient
        ending = Self.endings[Int.random(in: 0..<Self.endings.count, using: &generator)]
        cut = Int.random(in: Self.cutRange, using: &generator)
        length = .milliseconds(Int.random(in: Self.lengthRange, using: &generator))
        pauseBefore = .milliseconds(Int.random(in: Self.pauseRange, using: &generator))
    }

    var description: String {
        switch kind {
        case .cutNATS, .cutStore: "\(kind) \(side) \(direction) at \(cut) (\(ending))"
        case .restartNode, .killNode, .lameDuck: "\(kind) \(node)"
        case .slowNATS, .slowStore, .deadStore: "\(kind) \(side)"
        default: kind.rawValue
        }
    }
}

/// The faults of one track in their order: round after round, each kind once a round.
struct SoakSchedule: Sendable, Sequence, IteratorProtocol {
    private let kinds: [SoakFault.Kind]
    private var generator: SeededGenerator
    private var round: [SoakFault.Kind] = []

    /// - Parameter generator: Its seed decides everything.
    init(_ kinds: [SoakFault.Kind], _ generator: SeededGenerator) {
        self.kinds = kinds
        self.generator = generator
    }

    /// The next fault; nil only when there are no kinds.
    mutating func next() -> SoakFault? {
        if round.isEmpty { round = kinds.shuffled(using: &generator) }
        guard let kind = round.popLast() else { return nil }
        return SoakFault(kind, using: &generator)
    }
}
