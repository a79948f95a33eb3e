internal import BridgeBytes

/// Checks a flatbuffer before anything is read from it.
///
/// ## Theory of operation
/// A flatbuffer is a graph of distances. The verifier walks it from the root by the shapes of
/// `FlatShape`: of every table it checks that the vtable and the slots lie inside the buffer, of
/// every string and vector that all elements do. Distances are unsigned and forward, but a
/// forged buffer may let many parents share one child; so besides the depth the number of
/// table visits is bounded, by the bytes present (in a tree each visit has a 4-byte reference of
/// its own). Alignment is not required: all reads are unaligned.
struct FlatVerifier: ~Copyable {
    private let bytes: Bytes
    /// Where the buffer lies in the input, for error messages.
    private let base: Int
    private let maxDepth: Int
    private var visitsLeft: Int

    /// Deepest chain of tables for one level of fields: message, schema, field, its type.
    private static let depthBesideFields = 6

    /// Verifies a buffer whose root is a message, or what `shape` says, and gives the root.
    static func verify(
        _ bytes: Bytes, as shape: FlatShape = .message, base: Int, limits: ArrowLimits
    ) throws(ArrowError) -> FlatTable {
        var verifier = FlatVerifier(
            bytes: bytes, base: base, maxDepth: limits.maxNesting + depthBesideFields,
            visitsLeft: bytes.count / 4 + 1)
        let root = try verifier.target(of: 0)
        try verifier.table(at: root, as: shape, depth: 0)
        return FlatTable(bytes, at: root)
    }

    private func fail(_ position: Int, _ what: String) -> ArrowError {
        let offset = base + min(max(position, 0), bytes.count)
        return ArrowError(.invalidFlatBuffer, stage: .framing, offset: offset, what)
    }

    private func read<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, at position: Int
    ) throws(ArrowError) -> Int {
        guard let value = bytes.span.littleEndian(type, at: position) else {
            throw fail(position, "a number of a message head lies outside it")
        }
        return Int(truncatingIfNeeded: value)
    }

    /// Follows the distance at a position.
    private func target(of position: Int) throws(ArrowError) -> Int {
        let target = position + (try read(UInt32.self, at: position))
        guard target <= bytes.count - 4, target != position else {
            throw fail(position, "a reference of a message head points outside it")
        }
        return target
    }

    private mutating func table(
        at position: Int, as shape: FlatShape, depth: Int
    ) throws(ArrowError) {
        visitsLeft -= 1
        guard visitsLeft >= 0 else {
            throw fail(position, "a message head has more tables than it has room for")
        }
        guard depth < maxDepth else {
            throw ArrowError(
                .limitExceeded, stage: .framing, offset: base + position,
                "a message head is nested more than \(maxDepth) levels deep")
        }
        let vtable = position - (try read(Int32.self, at: position))
        guard vtable >= 0 else { throw fail(position, "a vtable lies outside the message head") }
        let vtableSize = try read(UInt16.self, at: vtable)
        let tableSize = try read(UInt16.self, at: vtable + 2)
        guard vtableSize >= 4, vtableSize % 2 == 0, vtable + vtableSize <= bytes.count else {
            throw fail(vtable, "a vtable lies outside the message head")
        }
        guard tableSize >= 4, position + tableSize <= bytes.count else {
            throw fail(position, "a table lies outside the message head")
        }
        let layout = TableLayout(
            position: position, size: tableSize, vtable: vtable, slotCount: (vtableSize - 4) / 2)
        let slots = shape.slots
        for index in 0..<min(slots.count, layout.slotCount) {
            guard let place = try self.place(of: index, slots[index], in: layout) else { continue }
            try check(slots[index], at: place, in: layout, depth: depth)
        }
    }

    private struct TableLayout {
        let position: Int
        let size: Int
        let vtable: Int
        let slotCount: Int
    }

    /// Where a slot's value lies; nil when it is absent.
    private func place(
        of index: Int, _ slot: FlatShape.Slot, in layout: TableLayout
    ) throws(ArrowError) -> Int? {
        let offset = try read(UInt16.self, at: layout.vtable + 4 + 2 * index)
        guard offset != 0 else { return nil }
        let size = if case .scalar(let size) = slot { size } else { 4 }
        guard offset >= 4, offset + size <= layout.size else {
            throw fail(layout.position, "a slot lies outside its table")
        }
        return layout.position + offset
    }

    private mutating func check(
        _ slot: FlatShape.Slot, at place: Int, in layout: TableLayout, depth: Int
    ) throws(ArrowError) {
        switch slot {
        case .scalar: break
        case .string: try elements(at: place, size: 1)
        case .elements(let size): try elements(at: place, size: size)
        case .table(let shape): try table(at: target(of: place), as: shape, depth: depth + 1)
        case .tables(let shape):
            let (start, count) = try elements(at: place, size: 4)
            for index in 0..<count {
                let child = try target(of: start + 4 * index)
                try table(at: child, as: shape, depth: depth + 1)
            }
        case .union(let tag, let shapes):
            guard tag < layout.slotCount,
                let tagPlace = try self.place(of: tag, .scalar(1), in: layout)
            else { return }
            let code = bytes.span[tagPlace]
            guard let shape = shapes(code) else { return }
            try table(at: target(of: place), as: shape, depth: depth + 1)
        }
    }

    /// Checks a string or vector, and gives its first element's position and their number.
    @discardableResult
    private func elements(
        at place: Int, size: Int
    ) throws(ArrowError) -> (start: Int, count: Int) {
        let vector = try target(of: place)
        let count = try read(UInt32.self, at: vector)
        let start = vector + 4
        guard count <= (bytes.count - start) / size else {
            throw fail(vector, "a vector of a message head reaches beyond it")
        }
        return (start, count)
    }
}
