/// A validator of a stored body (RFC 9110 section 8.8.3).
package struct EntityTag: Sendable, Hashable {
    /// What stands between the quotes.
    package let opaque: String
    package let isWeak: Bool

    package init(_ opaque: String, isWeak: Bool = false) {
        precondition(
            opaque.utf8.allSatisfy(Self.isTagByte), "an entity tag holds no quotes or controls")
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// Reads `"x"` or `W/"x"`; nil for anything else.
    package init?(parsing text: String) {
        let weak = text.hasPrefix("W/")
        let quoted = text.utf8.dropFirst(weak ? 2 : 0)
        guard quoted.count >= 2, quoted.first == 0x22, quoted.last == 0x22,
            quoted.dropFirst().dropLast().allSatisfy(Self.isTagByte)
        else { return nil }
        opaque = String(decoding: Array(quoted.dropFirst().dropLast()), as: UTF8.self)
        isWeak = weak
    }

    /// The tag as it is written.
    package var value: String { (isWeak ? "W/" : "") + "\"\(opaque)\"" }

    /// Equal and both strong.
    package func matchesStrongly(_ other: EntityTag) -> Bool {
        !isWeak && !other.isWeak && opaque == other.opaque
    }

    /// Equal, whatever their strength.
    package func matchesWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

    private static func isTagByte(_ byte: UInt8) -> Bool {
        byte == 0x21 || (byte >= 0x23 && byte != 0x7F)
    }
}
