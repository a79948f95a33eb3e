internal import BridgeBytes

/// The rules for subjects, patterns and queue names (ADR-6), as loops over bytes.
///
/// A token is a run of bytes other than the dot. `*` and `>` are wildcards only when they are a
/// whole token; `a*b` is an ordinary token, as it is for the server.
enum SubjectGrammar {
    static let dot = UInt8(ascii: ".")
    static let star = UInt8(ascii: "*")
    static let tail = UInt8(ascii: ">")

    static func check(_ text: Span<UInt8>, as kind: SubjectError.Kind) throws(SubjectError) {
        guard !text.isEmpty else { throw SubjectError(.empty, in: kind, at: 0) }
        guard text.count <= WireLimits.maxSubject else {
            throw SubjectError(.tooLong, in: kind, at: WireLimits.maxSubject)
        }
        var tokenStart = 0
        for position in 0..<text.count {
            let byte = text[position]
            if byte == 0x20 || byte == 0x09 { throw SubjectError(.blank, in: kind, at: position) }
            if byte < 0x20 || byte == 0x7F {
                throw SubjectError(.controlCharacter, in: kind, at: position)
            }
            guard byte == dot, kind != .queueGroup else { continue }
            try check(text, token: tokenStart..<position, as: kind)
            tokenStart = position + 1
        }
        guard kind != .queueGroup else { return }
        try check(text, token: tokenStart..<text.count, as: kind)
    }

    private static func check(
        _ text: Span<UInt8>, token: Range<Int>, as kind: SubjectError.Kind
    ) throws(SubjectError) {
        guard !token.isEmpty else {
            throw SubjectError(.emptyToken, in: kind, at: token.lowerBound)
        }
        guard token.count == 1 else { return }
        let byte = text[token.lowerBound]
        let refused =
            kind == .subject
            ? byte == star || byte == tail
            : byte == tail && token.upperBound != text.count
        if refused { throw SubjectError(.wildcard, in: kind, at: token.lowerBound) }
    }

    static func hasWildcard(_ text: Span<UInt8>) -> Bool {
        for position in 0..<text.count where text[position] == star || text[position] == tail {
            let startsToken = position == 0 || text[position - 1] == dot
            let endsToken = position + 1 == text.count || text[position + 1] == dot
            if startsToken && endsToken { return true }
        }
        return false
    }

    /// Whether a pattern matches a subject. Both are walked once, token beside token.
    static func matches(_ pattern: Span<UInt8>, _ subject: Span<UInt8>) -> Bool {
        var left = 0
        var right = 0
        while left < pattern.count && right < subject.count {
            let endsToken = left + 1 == pattern.count || pattern[left + 1] == dot
            if endsToken && pattern[left] == tail { return true }
            if endsToken && pattern[left] == star {
                left += 1
                while right < subject.count && subject[right] != dot { right += 1 }
            } else {
                while left < pattern.count && pattern[left] != dot {
                    guard right < subject.count && subject[right] == pattern[left] else {
                        return false
                    }
                    left += 1
                    right += 1
                }
                if right < subject.count && subject[right] != dot { return false }
            }
            // Both stand at the end of a token: step over the dots together or stop.
            if left == pattern.count || right == subject.count { break }
            left += 1
            right += 1
        }
        return left == pattern.count && right == subject.count
    }
}
