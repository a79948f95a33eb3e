import ArrowIPC
import BridgeBytes
import Testing

/// A file of ours laid out anew: its messages in any order, with gaps, and its footer to match.
struct FileForge {
    /// The bytes of each message: the schema, then dictionaries and batches in their order.
    let messages: [[UInt8]]
    private let offsets: [Int]
    private let footer: [UInt8]
    private static let end: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

    init(_ table: Table) throws {
        let file = [UInt8](try table.ipcFile())
        let span = file.span
        let stated = span.littleEndian(Int32.self, at: file.count - 10)
        let size = Int(try #require(stated))
        let footerStart = file.count - 10 - size
        footer = Array(file[footerStart..<file.count - 10])
        var offsets = [8]
        // The footer states where each message but the first begins.
        for place in stride(from: 16, to: footerStart - 8, by: 8) {
            guard span.littleEndian(UInt32.self, at: place) == .max else { continue }
            let head = Int(span.littleEndian(Int32.self, at: place + 4) ?? 0)
            if Self.block(place, head + 8, in: footer) != nil { offsets.append(place) }
        }
        self.offsets = offsets
        let ends = offsets.dropFirst() + [footerStart - 8]
        messages = zip(offsets, ends).map { Array(file[$0..<$1]) }
    }

    /// - Parameters:
    ///   - order: The messages by their places, in the order in which they lie in the file.
    ///   - gap: Zeros after the magic and after each message.
    ///   - names: Which message each place of the footer names, where that is not its own.
    func file(
        order: [Int], gap: Int = 0, names: [Int: Int] = [:], hasEnd: Bool = true
    ) throws -> Bytes {
        let zeros = [UInt8](repeating: 0, count: gap)
        var bytes = Array("ARROW1\0\0".utf8) + zeros
        var places: [Int: Int] = [:]
        for message in order {
            places[message] = bytes.count
            bytes += messages[message] + zeros
        }
        if hasEnd { bytes += Self.end }
        var footer = footer
        for message in messages.indices.dropFirst() {
            let named = names[message] ?? message
            let block = try #require(
                Self.block(offsets[message], Self.headLength(messages[message]), in: self.footer))
            let new = Self.encoded(places[named] ?? 0)
            footer.replaceSubrange(block..<block + 8, with: new)
            let head = Self.encoded(Self.headLength(messages[named]))
            footer.replaceSubrange(block + 8..<block + 16, with: head)
            let body = messages[named].count - Self.headLength(messages[named])
            footer.replaceSubrange(block + 16..<block + 24, with: Self.encoded(body))
        }
        return Bytes(bytes + footer + Self.encoded(footer.count)[0..<4] + Array("ARROW1".utf8))
    }

    private static func headLength(_ message: [UInt8]) -> Int {
        8 + Int(message.span.littleEndian(Int32.self, at: 4) ?? 0)
    }

    /// Where a footer has the block of a message.
    private static func block(_ offset: Int, _ head: Int, in footer: [UInt8]) -> Int? {
        let wanted = encoded(offset) + encoded(head)
        return stride(from: 0, through: footer.count - 24, by: 4).first {
            Array(footer[$0..<$0 + 16]) == wanted
        }
    }

    private static func encoded(_ value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
