/// Forms that switch a check of the compiler off, or end the process. Each must carry, in the
/// comment above it or beside it, the reason why that is sound (the word "Sound" or "sound").
enum UnprovenRules {
    private static let forms = [
        ("@unchecked Sendable", "@unchecked Sendable: use Mutex or a value type"),
        ("nonisolated(unsafe)", "nonisolated(unsafe): use Mutex or a constant"),
        ("unowned(unsafe)", "unowned(unsafe): use weak"),
        ("try!", "try!: throw it on, or handle it"),
        ("fatalError(", "fatalError: throw for others' mistakes, precondition for our own"),
    ]

    static func check(_ file: SourceFile, _ index: Int) -> [String] {
        let code = file.code[index]
        var messages = forms.filter { code.holds($0.0) }.map(\.1)
        if hasForcedUnwrap(code) {
            messages.append("a forced unwrap: use guard let, or #require in a test")
        }
        guard !messages.isEmpty, !isProven(file, index) else { return [] }
        return messages.map { $0 + "; or prove above it that it is sound" }
    }

    /// Whether the line's own comment, or the comment block right above it, holds a proof.
    static func isProven(_ file: SourceFile, _ index: Int) -> Bool {
        if speaksOfSoundness(file.comments[index]) { return true }
        var above = index - 1
        // The proof may stand above the statement or declaration that the line is a part of.
        while above >= 0, index - above <= 12 {
            let hasComment = !file.comments[above].allSatisfy(\.isWhitespace)
            if hasComment && speaksOfSoundness(file.comments[above]) { return true }
            if !hasComment && file.lines[above].trimmed.isEmpty { return false }
            above -= 1
        }
        return false
    }

    private static func speaksOfSoundness(_ comment: String) -> Bool {
        comment.holds("Sound") || comment.holds("sound")
    }

    /// A `!` right after a name, a bracket or a `?`, that is not a part of `!=`, `try!` or `as!`.
    static func hasForcedUnwrap(_ code: String) -> Bool {
        guard code.holds("!") else { return false }
        let characters = Array(code)
        for (index, character) in characters.enumerated() where character == "!" && index > 0 {
            let before = characters[index - 1]
            let after = index + 1 < characters.count ? characters[index + 1] : " "
            guard before.isLetter || before.isNumber || "_)]}?\"`".contains(before) else {
                continue
            }
            if after == "=" { continue }
            let head = String(characters[..<index])
            if head.hasSuffix("try") || head.hasSuffix("as") { continue }
            return true
        }
        return false
    }

    /// Where unsafe code lives: memory itself, and system calls.
    private static let floors: Set<String> = ["BridgeBytes", "BridgeSockets"]

    /// Whether a file above those floors that uses `unsafe` says anywhere why that is sound.
    static func checkUnsafe(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, file.isUnder("Sources"), !floors.contains(file.target ?? "") else {
            return []
        }
        let line = file.words.firstIndex { $0.contains("unsafe") }
        guard let line, !file.comments.contains(where: speaksOfSoundness) else { return [] }
        return [
            Finding(
                file, line: line + 1,
                "unsafe without a reason: say in a comment above why it is sound")
        ]
    }
}
