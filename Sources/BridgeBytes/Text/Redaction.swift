/// What may be shown of an address: no user names, no passwords, no tokens, no queries.
package enum Redaction {
    /// Scheme, host and path; user information is dropped and a query replaced by `?…`.
    package static func url(_ text: String) -> String {
        let scheme = scheme(of: text[...])
        var rest = text[scheme.endIndex...]
        let shown = withoutQuery(rest)
        let hasQuery = shown.endIndex != rest.endIndex
        rest = shown
        // Without a scheme nobody knows where the authority ends.
        let authorityEnd = scheme.isEmpty ? nil : rest.firstIndex(of: "/")
        if let at = rest[..<(authorityEnd ?? rest.endIndex)].lastIndex(of: "@") {
            rest = rest[rest.index(after: at)...]
        }
        return scheme + rest + (hasQuery ? "?…" : "")
    }

    /// The address, or the comma-separated addresses, without user names, passwords, tokens and
    /// queries.
    ///
    /// An `@` or a comma inside a password must not save a part of it: whatever stands before the
    /// last `@` goes, and so does an address that might be the first half of such a password.
    package static func addresses(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x40, 0x3F, 0x23].contains($0) }) else { return text }
        var kept: [Substring] = []
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            let hasScheme = piece.holds("://")
            if let at = piece.lastIndex(of: "@") {
                // Without a scheme of its own, the piece may belong to the one before it.
                var scheme = Self.scheme(of: piece)
                if !hasScheme, let last = kept.popLast() { scheme = Self.scheme(of: last) }
                kept.append(scheme + withoutQuery(piece[piece.index(after: at)...]))
            } else {
                kept.append(withoutQuery(piece))
            }
        }
        return kept.joined(separator: ",")
    }

    /// A sentence that may quote an address, without user names and passwords: whatever stands
    /// between the first scheme and the last `@` behind it goes.
    package static func sentence(_ text: String) -> String {
        guard let scheme = text.firstPlace(of: "://"),
            let end = text[scheme.upperBound...].lastIndex(of: "@")
        else { return text }
        return String(text[..<scheme.upperBound] + text[text.index(after: end)...])
    }

    /// The scheme with its slashes; empty when there is none.
    private static func scheme(of piece: Substring) -> Substring {
        guard let colon = piece.firstIndex(of: ":"), piece[colon...].hasPrefix("://"),
            piece[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
        else { return piece[..<piece.startIndex] }
        return piece[..<piece.index(colon, offsetBy: 3)]
    }

    private static func withoutQuery(_ piece: Substring) -> Substring {
        piece.prefix { $0 != "?" && $0 != "#" }
    }
}
