import BridgeBytes
import Testing

/// Streams with one fact changed: looked for as the 64-bit integers that state it.
enum Forgery {
    /// The bytes with the only run of those integers replaced by others.
    static func replacing(
        _ old: [Int64], by new: [Int64], in stream: Bytes
    ) throws -> Bytes {
        try replacing(bytes: encoded(old), by: encoded(new), in: stream)
    }

    /// The bytes with the only run of some bytes replaced by others.
    static func replacing(
        bytes pattern: [UInt8], by new: [UInt8], in stream: Bytes
    ) throws -> Bytes {
        var bytes = [UInt8](stream)
        let places = (0...bytes.count - pattern.count).filter {
            bytes[$0] == pattern[0] && Array(bytes[$0..<$0 + pattern.count]) == pattern
        }
        try #require(places.count == 1, "the fact is not unique in the stream")
        bytes.replaceSubrange(places[0]..<places[0] + pattern.count, with: new)
        return Bytes(bytes)
    }

    /// The same for 32-bit integers.
    static func replacing(
        narrow old: [Int32], by new: [Int32], in stream: Bytes
    ) throws -> Bytes {
        func pairs(_ values: [Int32]) -> [Int64] {
            stride(from: 0, to: values.count, by: 2).map {
                Int64(UInt32(bitPattern: values[$0]))
                    | Int64(UInt32(bitPattern: values[$0 + 1])) << 32
            }
        }
        return try replacing(pairs(old), by: pairs(new), in: stream)
    }

    private static func encoded(_ values: [Int64]) -> [UInt8] {
        values.flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) }
        }
    }

    /// A schema message in which every field has eight children, all of them the same table, over
    /// `depth` levels: a few bytes that a trusting reader walks 8^depth times.
    static func sharedChildren(depth: Int) -> Bytes {
        var head: [UInt8] = []
        func number(_ value: Int, bytes: Int) {
            for byte in 0..<bytes { head.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
        }
        func table(_ slots: [Int], size: Int) {
            let vtableSize = 4 + 2 * slots.count
            number(vtableSize, bytes: 2)
            number(size, bytes: 2)
            for slot in slots { number(slot, bytes: 2) }
            number(vtableSize, bytes: 4)
        }
        number(14, bytes: 4)
        // Message: version V5, kind schema, header right behind its vtable.
        table([4, 6, 8], size: 12)
        number(4, bytes: 2)
        number(1, bytes: 2)
        number(12, bytes: 4)
        // Schema: fields only, their vector next.
        table([0, 4], size: 8)
        number(4, bytes: 4)
        for level in 0...depth {
            let count = level == depth ? 0 : 8
            number(count, bytes: 4)
            // Every element refers to the one table behind the elements and its vtable.
            for element in 0..<count { number(4 * (count - element) + 16, bytes: 4) }
            guard count > 0 else { break }
            table([0, 0, 0, 0, 0, 4], size: 8)
            number(4, bytes: 4)
        }
        let prefix = [UInt8](repeating: 0xFF, count: 4)
        let size = (0..<4).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) }
        return Bytes(prefix + size + head)
    }
}
