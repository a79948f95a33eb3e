internal import BridgeBytes
internal import BridgeSockets

/// What a connection has still to write: pieces in memory, then part of a file.
struct AnswerQueue {
    enum Progress {
        case done
        /// The socket is full.
        case blocked
        /// Much was written; others shall have their turn.
        case yielding
        /// What is left may go out only when it is known to be right.
        case held
        case failed(SocketError?)
    }

    /// Most file bytes that one turn of the reactor sends on one connection: 8 MiB.
    private static let bytesPerTurn = 8 << 20
    /// Most bytes of one `sendfile` call: 2 MiB.
    private static let bytesPerCall = 2 << 20

    private var memory = WriteQueue()
    private var file: OpenFile?
    private var range = 0..<0
    private var gate: BodyGate?

    var isEmpty: Bool { memory.isEmpty && range.isEmpty }

    mutating func append(_ bytes: Bytes) {
        precondition(range.isEmpty, "memory goes before the file")
        memory.append(bytes)
    }

    mutating func append(_ file: OpenFile, _ range: Range<Int>, gate: BodyGate?) {
        precondition(self.range.isEmpty, "one file at a time")
        self.file = file
        self.range = range
        self.gate = gate
    }

    /// How much of the file may go out now; nil when it is wrong.
    private var allowance: Int? {
        switch gate?.verdict {
        case nil, .right: range.count
        case .awaited: max(0, range.count - BodyGate.heldBytes)
        case .wrong: nil
        }
    }

    /// Writes until nothing is left or the socket is full.
    mutating func flush(_ link: Link, moved: (Int) -> Void) -> Progress {
        while !memory.isEmpty {
            switch memory.write(to: link) {
            case .moved(let count): moved(count)
            case .wouldBlock: return .blocked
            case .ended: return .failed(nil)
            case .failed(let error): return .failed(error)
            }
        }
        var turn = 0
        while let file, !range.isEmpty {
            if turn >= Self.bytesPerTurn { return .yielding }
            guard let allowance else { return .failed(nil) }
            guard allowance > 0 else { return .held }
            let count = min(allowance, Self.bytesPerCall)
            switch link.write(file, from: range.lowerBound, count: count) {
            case .moved(let count):
                moved(count)
                turn += count
                range = range.lowerBound + count..<range.upperBound
            case .wouldBlock: return .blocked
            // The file became shorter: the promised length cannot be kept any more.
            case .ended: return .failed(nil)
            case .failed(let error): return .failed(error)
            }
        }
        file = nil
        gate = nil
        return .done
    }
}
