internal import BridgeBytes

/// A table of a flatbuffer that `FlatVerifier` has walked: typed reads of its slots.
///
/// ```
/// vtable:  u16 size of vtable, u16 size of table, u16 offset of slot 0, of slot 1, …
/// table:   i32 distance back to the vtable, slots
/// slot:    a scalar, or a u32 distance forward to a string, vector or table
/// ```
/// Every position was checked by the verifier, so no read here can lie outside. The reads are
/// bounds-checked all the same and give the slot's default where the verifier would have thrown.
/// Source: "FlatBuffers internals" of the FlatBuffers documentation.
struct FlatTable {
    let bytes: Bytes
    /// Position of the table in the buffer.
    let position: Int
    private let vtable: Int
    private let vtableSize: Int

    init(_ bytes: Bytes, at position: Int) {
        self.bytes = bytes
        self.position = position
        let span = bytes.span
        vtable = position - Int(span.littleEndian(Int32.self, at: position) ?? 0)
        vtableSize = Int(span.littleEndian(UInt16.self, at: vtable) ?? 0)
    }

    /// Position of a slot's value; nil when the slot is absent.
    private func position(ofSlot slot: Int) -> Int? {
        let entry = 4 + 2 * slot
        guard entry + 2 <= vtableSize,
            let offset = bytes.span.littleEndian(UInt16.self, at: vtable + entry), offset != 0
        else { return nil }
        return position + Int(offset)
    }

    /// The scalar in a slot, or the default of the format's schema.
    func scalar<T: FixedWidthInteger & BitwiseCopyable>(_ slot: Int, default value: T) -> T {
        guard let position = position(ofSlot: slot) else { return value }
        return bytes.span.littleEndian(T.self, at: position) ?? value
    }

    /// Position of what the slot refers to.
    private func target(ofSlot slot: Int) -> Int? {
        guard let position = position(ofSlot: slot),
            let distance = bytes.span.littleEndian(UInt32.self, at: position)
        else { return nil }
        return position + Int(distance)
    }

    /// The table that a slot refers to.
    func table(_ slot: Int) -> FlatTable? {
        target(ofSlot: slot).map { FlatTable(bytes, at: $0) }
    }

    /// The text that a slot refers to.
    func string(_ slot: Int) -> Bytes? {
        guard let start = target(ofSlot: slot),
            let count = bytes.span.littleEndian(UInt32.self, at: start),
            start + 4 + Int(count) <= bytes.count
        else { return nil }
        return bytes[start + 4..<start + 4 + Int(count)]
    }

    /// The vector that a slot refers to: its number of elements and the position of the first.
    func vector(_ slot: Int) -> (count: Int, start: Int)? {
        guard let start = target(ofSlot: slot),
            let count = bytes.span.littleEndian(UInt32.self, at: start)
        else { return nil }
        return (Int(count), start + 4)
    }

    /// The tables of a vector of tables.
    func tables(_ slot: Int) -> [FlatTable] {
        guard let (count, start) = vector(slot) else { return [] }
        return (0..<count).compactMap { index in
            let position = start + 4 * index
            return bytes.span.littleEndian(UInt32.self, at: position).map {
                FlatTable(bytes, at: position + Int($0))
            }
        }
    }
}
