import BridgeBytes
import TestKit

/// What messages hold: their tag, a colon, and filler that follows from the tag and the run's
/// seed. So loss, repetition, damage and mixing are told apart from the content alone, and
/// another program can tell what it must be.
enum SoakContent {
    /// Serialized bytes from which a payload goes by link: small, so that much goes that way.
    static let threshold = 20_000
    /// One in so many is large.
    private static let largeShare = 5

    /// The content of a message, of a drawn size.
    static func drawn(_ tag: SoakTag, using generator: inout SeededGenerator) -> Bytes {
        let isLarge = Int.random(in: 0..<largeShare, using: &generator) == 0
        let range = isLarge ? threshold...2 * threshold : 0...2_000
        return make(tag, filler: Int.random(in: range, using: &generator))
    }

    /// The content of a message with so many bytes of filler.
    static func make(_ tag: SoakTag, filler: Int) -> Bytes {
        var generator = SeededGenerator("\(tag)")
        return Bytes(Array("\(tag):".utf8) + generator.bytes(filler))
    }

    /// Whether bytes are the content of that message.
    static func isIntact(_ bytes: Bytes, _ tag: SoakTag) -> Bool {
        let filler = bytes.count - "\(tag):".utf8.count
        return filler >= 0 && make(tag, filler: filler) == bytes
    }
}
