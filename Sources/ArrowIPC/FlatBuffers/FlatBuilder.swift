internal import BridgeBytes

/// Writes a flatbuffer front to back: a parent first, its children after it.
///
/// A table is written with empty references, which `attach` fills when the child's place is
/// known; distances are forward, as the format wants them. Each table has a vtable of its own,
/// right before it, and starts on 8 bytes, so that any order of slots can be aligned. That costs
/// a few bytes more than a builder that works backwards and shares vtables, and no bookkeeping.
struct FlatBuilder: ~Copyable {
    private var writer: ByteWriter

    /// A slot of a table to be written.
    enum Slot {
        case absent
        case byte(UInt8)
        case short(Int16)
        case int(Int32)
        case long(Int64)
        /// A reference that is attached later.
        case reference

        var size: Int {
            switch self {
            case .absent: 0
            case .byte: 1
            case .short: 2
            case .int, .reference: 4
            case .long: 8
            }
        }
    }

    /// The place of a reference that waits for its target.
    struct Reference { fileprivate let position: Int }

    init() {
        writer = ByteWriter(capacity: 1024)
        writer.append(littleEndian: UInt32(0))
    }

    /// The reference to the root table.
    var root: Reference { Reference(position: 0) }

    /// Lets a reference point to what is written next; the caller has aligned the end.
    private mutating func attach(_ reference: Reference, to position: Int) {
        writer.patch(
            littleEndian: UInt32(truncatingIfNeeded: position - reference.position),
            at: reference.position)
    }

    /// Writes a table. Returns its references, in the order of its slots.
    mutating func table(_ reference: Reference, _ slots: [Slot]) -> [Reference] {
        var offsets: [UInt16] = []
        var end = 4
        for slot in slots {
            guard slot.size > 0 else {
                offsets.append(0)
                continue
            }
            end = (end + slot.size - 1) / slot.size * slot.size
            offsets.append(UInt16(truncatingIfNeeded: end))
            end += slot.size
        }
        let vtableSize = 4 + 2 * slots.count
        while (writer.count + vtableSize) % 8 != 0 { writer.append(0) }
        writer.append(littleEndian: UInt16(truncatingIfNeeded: vtableSize))
        writer.append(littleEndian: UInt16(truncatingIfNeeded: end))
        for offset in offsets { writer.append(littleEndian: offset) }
        let position = writer.count
        attach(reference, to: position)
        writer.append(littleEndian: Int32(truncatingIfNeeded: vtableSize))
        return write(slots, offsets, of: position, end: end)
    }

    private mutating func write(
        _ slots: [Slot], _ offsets: [UInt16], of position: Int, end: Int
    ) -> [Reference] {
        var references: [Reference] = []
        for (slot, offset) in zip(slots, offsets) where slot.size > 0 {
            writer.append(repeating: 0, count: position + Int(offset) - writer.count)
            switch slot {
            case .absent: break
            case .byte(let value): writer.append(value)
            case .short(let value): writer.append(littleEndian: value)
            case .int(let value): writer.append(littleEndian: value)
            case .long(let value): writer.append(littleEndian: value)
            case .reference:
                references.append(Reference(position: writer.count))
                writer.append(littleEndian: UInt32(0))
            }
        }
        return references
    }

    /// Writes a string, with the zero byte after it that the format asks for.
    mutating func string(_ reference: Reference, _ text: String) {
        string(reference, Bytes(utf8: text))
    }

    /// Writes a string of bytes that need not be text.
    mutating func string(_ reference: Reference, _ text: Bytes) {
        writer.pad(to: 4)
        attach(reference, to: writer.count)
        writer.append(littleEndian: UInt32(truncatingIfNeeded: text.count))
        writer.append(text)
        writer.append(0)
    }

    /// Writes a vector of references.
    mutating func references(_ reference: Reference, count: Int) -> [Reference] {
        writer.pad(to: 4)
        attach(reference, to: writer.count)
        writer.append(littleEndian: UInt32(truncatingIfNeeded: count))
        return (0..<count).map { _ in
            defer { writer.append(littleEndian: UInt32(0)) }
            return Reference(position: writer.count)
        }
    }

    /// Writes the number of elements so that they begin on 8 bytes.
    private mutating func beginVector(_ reference: Reference, count: Int) {
        writer.pad(to: 4)
        if writer.count % 8 == 0 { writer.append(littleEndian: UInt32(0)) }
        attach(reference, to: writer.count)
        writer.append(littleEndian: UInt32(truncatingIfNeeded: count))
    }

    /// Writes a vector of integers.
    mutating func integers<T: FixedWidthInteger & BitwiseCopyable>(
        _ reference: Reference, _ values: [T]
    ) {
        beginVector(reference, count: values.count)
        for value in values { writer.append(littleEndian: value) }
    }

    /// Writes a vector of 16-byte structs of two 64-bit integers.
    mutating func pairs(_ reference: Reference, _ pairs: [(Int, Int)]) {
        beginVector(reference, count: pairs.count)
        for (first, second) in pairs {
            writer.append(littleEndian: Int64(first))
            writer.append(littleEndian: Int64(second))
        }
    }

    /// Writes a vector of the blocks of a file's footer.
    mutating func blocks(_ reference: Reference, _ blocks: [MessageLayout.Block]) {
        beginVector(reference, count: blocks.count)
        for block in blocks {
            writer.append(littleEndian: Int64(block.offset))
            writer.append(littleEndian: Int32(truncatingIfNeeded: block.headLength))
            writer.append(littleEndian: Int32(0))
            writer.append(littleEndian: Int64(block.bodyLength))
        }
    }

    /// Hands over the buffer.
    consuming func finish() -> Bytes { writer.finish() }
}
