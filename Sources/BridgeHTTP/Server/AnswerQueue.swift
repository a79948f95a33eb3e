internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire

/// What a connection has still to write: pieces in memory, then part of a file or
/// what a stream gives.
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

    /// Most bytes that one turn of the reactor sends on one connection: 8 MiB.
    private static let bytesPerTurn = 8 << 20
    /// Most bytes of one `sendfile` call: 2 MiB.
    private static let bytesPerCall = 2 << 20

    /// Bytes of a stream that are gathered for one write: 256 KiB.
    private static let bytesPerRefill = 256 << 10
    private static let lineEnd = Bytes(utf8: "\r\n")

    private var memory = WriteQueue()
    private var file: OpenFile?
    private var range = 0..<0
    private var gate: BodyGate?
    private var stream: AnswerStream?
    /// Bytes that the stream owes; nil when it goes in chunks.
    private var owed: Int?
    /// Whether the last chunk stands in memory.
    private var isEnded = false

    var isEmpty: Bool { memory.isEmpty && range.isEmpty && stream == nil }

    mutating func append(_ bytes: Bytes) {
        precondition(range.isEmpty && stream == nil, "memory goes before the rest")
        memory.append(bytes)
    }

    mutating func append(_ file: OpenFile, _ range: Range<Int>, gate: BodyGate?) {
        precondition(self.range.isEmpty, "one file at a time")
        self.file = file
        self.range = range
        self.gate = gate
    }

    mutating func append(_ stream: AnswerStream) {
        precondition(range.isEmpty && self.stream == nil, "one body at a time")
        self.stream = stream
        owed = stream.size
    }

    /// The connection has ended.
    mutating func cut() {
        stream?.end(isWhole: false)
        stream = nil
    }

    /// How much of the file may go out now; nil when it is wrong.
    private var allowance: Int? { gate.map { $0.allowance(of: range) } ?? range.count }

    /// Writes until nothing is left or the socket is full.
    mutating func flush(_ link: Link, moved: (Int) -> Void) -> Progress {
        var turn = 0
        while true {
            let progress = flushMemory(link, &turn, moved: moved)
            if let progress { return progress }
            guard let stream else { break }
            if turn >= Self.bytesPerTurn { return .yielding }
            if let progress = refill(from: stream) { return progress }
        }
        return flushFile(link, moved: moved)
    }

    /// Nil when there is none left.
    private mutating func flushMemory(
        _ link: Link, _ turn: inout Int, moved: (Int) -> Void
    ) -> Progress? {
        while !memory.isEmpty {
            if turn >= Self.bytesPerTurn { return .yielding }
            switch memory.write(to: link) {
            case .moved(let count):
                moved(count)
                turn += count
            case .wouldBlock: return .blocked
            case .ended: return .failed(nil)
            case .failed(let error): return .failed(error)
            }
        }
        return nil
    }

    /// Takes pieces from a stream, or its end. Nil when there is something to write, or all of the
    /// stream has been written.
    private mutating func refill(from stream: AnswerStream) -> Progress? {
        while memory.count < Self.bytesPerRefill {
            switch stream.take() {
            case .piece(let piece):
                guard add(piece) else { return .failed(nil) }
            case .nothing: return memory.isEmpty ? .held : nil
            case .failed:
                // What came before it goes out first.
                return memory.isEmpty ? .failed(nil) : nil
            case .finished: return end(stream)
            }
        }
        return nil
    }

    /// False when the piece is more than was promised.
    private mutating func add(_ piece: Bytes) -> Bool {
        guard let owed else {
            var line = ByteWriter(capacity: 16)
            ChunkedWriter.beginChunk(of: piece.count, into: &line)
            memory.append(line.finish())
            memory.append(piece)
            memory.append(Self.lineEnd)
            return true
        }
        guard piece.count <= owed else { return false }
        self.owed = owed - piece.count
        memory.append(piece)
        return true
    }

    /// The source has given all it has. Its own end is told when the rest is written.
    private mutating func end(_ stream: AnswerStream) -> Progress? {
        guard memory.isEmpty else { return nil }
        if owed == nil, !isEnded {
            var line = ByteWriter(capacity: 8)
            ChunkedWriter.end(into: &line)
            memory.append(line.finish())
            isEnded = true
            return nil
        }
        guard owed ?? 0 == 0 else { return .failed(nil) }
        stream.end(isWhole: true)
        self.stream = nil
        isEnded = false
        return nil
    }

    private mutating func flushFile(_ link: Link, moved: (Int) -> Void) -> Progress {
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
