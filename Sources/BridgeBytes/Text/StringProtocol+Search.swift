/// Searches for a text in a text, byte by byte. The standard library has them in a library of
/// regular expressions, which no program of ours loads for that (D103); and by whole characters,
/// so that a mark that joins the last one of `://` would hide it.
extension StringProtocol {
    /// Where a text stands first; nil: nowhere. Complexity: O(n · m).
    package func firstPlace(of text: String) -> Range<Index>? {
        let wanted = text.utf8
        guard let first = wanted.first else { return startIndex..<startIndex }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: wanted) {
                return start..<rest.index(start, offsetBy: wanted.count)
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// Whether a text stands in it. Complexity: O(n · m).
    package func holds(_ text: String) -> Bool { firstPlace(of: text) != nil }
}
