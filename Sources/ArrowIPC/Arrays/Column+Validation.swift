internal import BridgeBytes

extension Column {
    /// Checks what opening does not look at: that all offsets are in order and inside the data,
    /// that indices, codes and run ends are in range, and, when `full`, that all text is valid
    /// UTF-8. Values that are null are checked for their offsets only.
    /// - Throws: `invalidData`, `invalidUTF8`. Complexity: O(n), reads the whole column if `full`.
    public func validate(full: Bool = false) throws(ArrowError) {
        try checkOffsets()
        switch storage {
        case .union: for position in 0..<count { _ = try resolved(at: position) }
        case .runs: try checkRuns()
        case .indices(_, let chunks):
            for position in 0..<count where !isNull(at: position) {
                _ = try resolved(at: position)
            }
            for chunk in chunks { try chunk.values.validate(full: full) }
        default: break
        }
        if full, isText { try checkText() }
        for child in children { try child.validate(full: full) }
    }

    /// One pass over all text when it is valid as a whole and no value begins inside a character;
    /// otherwise value by value, to name the bad one and to spare what is null.
    private func checkText() throws(ArrowError) {
        guard case .offsets = storage else {
            for position in 0..<count { _ = try text(at: position) }
            return
        }
        let blobs = try blobs()
        guard count > 0 else { return }
        let whole = blobs.range(0).lowerBound..<blobs.range(count - 1).upperBound
        let data = blobs.data[whole]
        if (try? UTF8Span(validating: data.span)) != nil {
            let text = blobs.data.span
            var begins = true
            for position in 0..<count {
                let range = blobs.range(position)
                guard range.lowerBound < range.upperBound else { continue }
                if text[range.lowerBound] & 0xC0 == 0x80 { begins = false }
            }
            if begins { return }
        }
        for position in 0..<count { _ = try self.text(at: position) }
    }
}
