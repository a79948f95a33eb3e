internal import BridgeBytes

/// Runs of equal values: a value like the one before it makes that one's run longer.
final class RunSink: RowSink {
    let type: DataType
    private let ends: any RowSink
    private let values: any RowSink
    private(set) var count = 0
    /// The value of the open run: nil for nulls.
    private var last: ArrowScalar?
    private var isOpen = false
    /// Whether the type of the run ends could not state one.
    private var isOverfull = false

    init(_ type: DataType, ends: any RowSink, values: any RowSink) {
        self.type = type
        self.ends = ends
        self.values = values
    }

    func appendNull() {
        if !isOpen || last != nil {
            endRun()
            values.appendNull()
            last = nil
            isOpen = true
        }
        count += 1
    }

    func append(_ value: ArrowScalar) -> Bool {
        if !isOpen || last != value {
            guard values.append(value) else { return false }
            endRun()
            last = value
            isOpen = true
        }
        count += 1
        return true
    }

    private func endRun() {
        if isOpen, !ends.append(.integer(Int64(count))) { isOverfull = true }
        isOpen = false
    }

    func finish() throws(ArrowError) -> Column {
        endRun()
        last = nil
        guard !isOverfull else {
            throw ArrowError(
                .limitExceeded, stage: .row, "the run ends of \(type) cannot number \(count) rows")
        }
        let size = count
        count = 0
        return Column(
            type, count: size, validity: nil, storage: .runs(start: 0),
            children: [try ends.finish(), try values.finish()])
    }
}

/// One of several types for each value: the first member that holds it has it.
final class UnionSink: RowSink {
    let type: DataType
    private let mode: UnionMode
    private let codes: [Int8]
    private let members: [any RowSink]
    private var written = ByteWriter()
    private var offsets = ByteWriter()
    private(set) var count = 0

    init(_ type: DataType, _ mode: UnionMode, codes: [Int8], members: [any RowSink]) {
        self.type = type
        self.mode = mode
        self.codes = codes
        self.members = members
    }

    /// A null is one of the first member; unions have none of their own.
    func appendNull() {
        guard let first = members.first else { return }
        note(0, at: first.count)
        first.appendNull()
    }

    func append(_ value: ArrowScalar) -> Bool {
        for (index, member) in members.enumerated() {
            let place = member.count
            guard member.append(value) else { continue }
            note(index, at: place)
            return true
        }
        return false
    }

    private func note(_ member: Int, at place: Int) {
        written.append(UInt8(bitPattern: codes[member]))
        count += 1
        guard mode == .sparse else {
            offsets.append(littleEndian: Int32(truncatingIfNeeded: place))
            return
        }
        for (index, other) in members.enumerated() where index != member { other.appendNull() }
    }

    func finish() throws(ArrowError) -> Column {
        var codes = ByteWriter()
        var places = ByteWriter()
        swap(&written, &codes)
        swap(&offsets, &places)
        var children: [Column] = []
        for member in members { children.append(try member.finish()) }
        let size = count
        count = 0
        return Column(
            type, count: size, validity: nil,
            storage: .union(codes: codes.finish(), offsets: places.finish()), children: children)
    }
}
