/// How text looks on a terminal: which characters steer it, and how many columns each takes.
package enum DisplayWidth {
    /// Whether a character must not reach a terminal: it steers it (C0, DEL, C1), turns the
    /// direction of what follows, or begins a line of its own. Whoever wrote it could hide or fake
    /// what stands beside it.
    package static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: true  // C0, DEL, C1
        case 0x61C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // directions
        case 0x2028, 0x2029: true  // ends of lines
        default: false
        }
    }

    /// The columns that a character takes: none for marks without a base, two for wide ones such as
    /// those of Chinese and Korean, and for emoji.
    package static func of(_ character: Character) -> Int {
        var width = 0
        for scalar in character.unicodeScalars {
            if scalar == "\u{FE0F}", width == 1 { return 2 }  // shown as an emoji
            width = max(width, of(scalar))
        }
        return width
    }

    /// The columns that a text takes. Complexity: O(n).
    package static func of(_ text: String) -> Int {
        var isPlain = true
        for byte in text.utf8 where byte < 0x20 || byte > 0x7E { isPlain = false }
        return isPlain ? text.utf8.count : text.reduce(0) { $0 + of($1) }
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        guard scalar.value >= 0x300 else { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // Vowels and final consonants that join the Korean syllable before them.
        if (0x1160...0x11FF).contains(scalar.value) { return 0 }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// The blocks whose characters are wide or full-width, after "East Asian Width" of Unicode.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]
}
