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
        if count > 0, case .offsets(let offsets, let data) = storage {
            let blobs = try blobs()
            let used = blobs.range(0).lowerBound..<blobs.range(count - 1).upperBound
            let text = data[used]
            if let whole = try? UTF8Span(validating: text.span) {
                if whole.isKnownASCII { return }
                let cuts =
                    type.alignment == 4
                    ? Self.cutsCharacter(Int32.self, offsets, data)
                    : Self.cutsCharacter(Int64.self, offsets, data)
                if !cuts { return }
            }
        }
        for position in 0..<count { _ = try text(at: position) }
    }

    /// Whether one of the offsets, which were checked, lies inside a character of valid text.
    private static func cutsCharacter<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, _ offsets: Bytes, _ data: Bytes
    ) -> Bool {
        let text = data.span
        return unsafe offsets.withUnsafeBytes { raw in
            // Sound: the buffer is aligned and a multiple of the width long.
            let values = unsafe raw.bindMemory(to: T.self)
            for index in values.indices {
                let offset = Int(truncatingIfNeeded: unsafe values[index])
                if offset < text.count, text[offset] & 0xC0 == 0x80 { return true }
            }
            return false
        }
    }
}
