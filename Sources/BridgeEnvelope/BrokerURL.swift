/// What of a server's address may be told to others.
package enum BrokerURL {
    /// The address, or the comma-separated addresses, without user names, passwords, tokens and
    /// queries.
    ///
    /// An `@` or a comma inside a password must not save a part of it: whatever stands before the
    /// last `@` goes, and so does an address that might be the first half of such a password.
    package static func withoutSecrets(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x40, 0x3F, 0x23].contains($0) }) else { return text }
        var kept: [Substring] = []
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            let hasScheme = piece.contains("://")
            if let at = piece.lastIndex(of: "@") {
                // Without a scheme of its own, the piece may belong to the one before it.
                var scheme = scheme(of: piece)
                if !hasScheme, let last = kept.popLast() { scheme = Self.scheme(of: last) }
                kept.append(scheme + withoutQuery(piece[piece.index(after: at)...]))
            } else {
                kept.append(withoutQuery(piece))
            }
        }
        return kept.joined(separator: ",")
    }

    /// The scheme with its slashes; empty when there is none.
    private static func scheme(of piece: Substring) -> Substring {
        guard let colon = piece.firstIndex(of: ":"), piece[colon...].hasPrefix("://") else {
            return ""
        }
        return piece[..<piece.index(colon, offsetBy: 3)]
    }

    private static func withoutQuery(_ piece: Substring) -> Substring {
        piece.prefix { $0 != "?" && $0 != "#" }
    }
}
