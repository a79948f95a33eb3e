internal import BridgeBytes

/// What a credentials file holds: a user's token, a seed, or both.
///
/// ## Theory of operation
/// Lines are looked at without the white space around them. A line that begins and ends with
/// three dashes opens a block, and the next such line closes it; a block holds exactly one line.
/// What that line is, its content tells: what has dots must be a token, everything else a seed.
/// Outside of blocks any text may stand; a line of it that is a whole token or a whole seed counts,
/// so that files without blocks can be read. A file that ends within a block is one that is being
/// rewritten, and is refused.
package struct CredentialsFile: Sendable {
    /// Largest file in bytes that is looked at; they hold two lines.
    package static let maxCount = 64 << 10

    package private(set) var jwt: UserJWT?
    package private(set) var seed: NKeySeed?

    /// - Throws: `WireError` in the stage `credentials`, with what is wrong; it repeats nothing of
    ///   the text.
    package init(parsing text: Span<UInt8>) throws(WireError) {
        guard text.count <= Self.maxCount else {
            throw NKey.malformed("more than \(Self.maxCount) bytes, which no credentials file has")
        }
        var block = Block.none
        var position = Self.markCount(text)
        while position < text.count {
            var end = position
            while end < text.count, text[end] != 0x0A { end += 1 }
            let line = text.extracting(position..<end).trimmed
            position = end + 1
            guard line.count > 0 else { continue }
            if Self.isDelimiter(line) {
                try delimiterFound(line, &block)
            } else {
                try lineFound(line, &block)
            }
        }
        guard block == .none else {
            throw NKey.malformed("the file ends within a block; is it being rewritten?")
        }
        guard jwt != nil || seed != nil else { throw NKey.malformed("there is no JWT and no seed") }
    }

    /// Where the reader stands.
    private enum Block { case none, empty, full }

    private func delimiterFound(_ line: Span<UInt8>, _ block: inout Block) throws(WireError) {
        switch block {
        case .none:
            // A line of nothing but dashes is an ornament.
            guard !Self.isRule(line) else { return }
            guard !Self.holds("END", in: line) else {
                throw NKey.malformed("a block ends that has not begun")
            }
            block = .empty
        case .empty: throw NKey.malformed("a block without content")
        case .full:
            guard !Self.holds("BEGIN", in: line) else {
                throw NKey.malformed("a block begins within another one")
            }
            block = .none
        }
    }

    private mutating func lineFound(
        _ line: Span<UInt8>, _ block: inout Block
    ) throws(WireError) {
        var isToken = Self.isToken(line)
        switch block {
        case .none:
            guard isToken || Self.looksLikeSeed(line) else { return }
        case .empty:
            isToken = isToken || Self.holds(".", in: line)
            block = .full
        case .full: throw NKey.malformed("a block of more than one line")
        }
        if isToken {
            guard jwt == nil else { throw NKey.malformed("two JWTs") }
            jwt = try UserJWT(parsing: line)
        } else {
            guard seed == nil else { throw NKey.malformed("two seeds") }
            let found = try NKeySeed(parsing: line)
            guard found.role == .user else {
                throw NKey.malformed("the seed is no user's, but of the role \(found.role)")
            }
            seed = found
        }
    }

    /// Bytes of the mark that some editors put before UTF-8.
    private static func markCount(_ text: Span<UInt8>) -> Int {
        text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF ? 3 : 0
    }

    private static let dash = UInt8(ascii: "-")

    private static func isDelimiter(_ line: Span<UInt8>) -> Bool {
        guard line.count >= 3 else { return false }
        for offset in 0..<3
        where line[offset] != dash || line[line.count - 1 - offset] != dash { return false }
        return true
    }

    private static func isRule(_ line: Span<UInt8>) -> Bool {
        for index in 0..<line.count where line[index] != dash { return false }
        return true
    }

    private static func holds(_ word: StaticString, in line: Span<UInt8>) -> Bool {
        let word = Array("\(word)".utf8)
        guard line.count >= word.count else { return false }
        return (0...line.count - word.count).contains { start in
            word.indices.allSatisfy { line[start + $0] == word[$0] }
        }
    }

    /// Three parts of the alphabet for URLs with dots between them, none of which is short.
    private static func isToken(_ line: Span<UInt8>) -> Bool {
        var parts = [0]
        for index in 0..<line.count {
            switch line[index] {
            case UInt8(ascii: "."): parts.append(0)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), dash:
                parts[parts.count - 1] += 1
            default: return false
            }
        }
        return parts.count == 3 && parts.allSatisfy { $0 >= 8 }
    }

    /// As long as a seed, and beginning like one.
    private static func looksLikeSeed(_ line: Span<UInt8>) -> Bool {
        guard line.count == 58, line[0] == UInt8(ascii: "S") else { return false }
        for index in 0..<line.count {
            switch line[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "2")...UInt8(ascii: "7"): break
            default: return false
            }
        }
        return true
    }
}
