internal import BridgeBytes

extension Column {
    /// Checks what opening does not look at: that all offsets are in order and inside the data,
    /// that indices, codes and run ends are in range, and, when `full`, that all text is valid
    /// UTF-8. Values that are null are checked for their offsets only.
    /// - Throws: `ArrowError` with `invalidData`, `invalidUTF8`.
    /// - Complexity: O(n), reads the whole column if `full`.
    public func validate(full: Bool = false) throws(ArrowError) {
        var seen = ValidatedChunks()
        try validate(full: full, &seen)
    }

    func validate(full: Bool, _ seen: inout ValidatedChunks) throws(ArrowError) {
        try checkOffsets()
        switch storage {
        case .union: for position in 0..<count { _ = try resolved(at: position) }
        case .runs: try checkRuns()
        case .indices(let indices, let chunks):
            try checkIndices(indices, chunks)
            for chunk in chunks where seen.insert(chunk) {
                try chunk.values.validate(full: full, &seen)
            }
        default: break
        }
        if full, isText { try checkText() }
        for child in children { try child.validate(full: full, &seen) }
    }

    /// Checks that all indices which are not null lie inside the dictionary.
    func checkIndices(
        _ indices: Bytes, _ chunks: [DictionaryChunk]
    ) throws(ArrowError) {
        guard case .dictionary(let index, _, _, _) = type else { return }
        let limit = chunks.last.map { $0.start + $0.values.count } ?? 0
        let bad: Int? =
            switch index {
            case .int8: firstIndex(Int8.self, in: indices, outside: limit)
            case .int16: firstIndex(Int16.self, in: indices, outside: limit)
            case .int32: firstIndex(Int32.self, in: indices, outside: limit)
            case .uint8: firstIndex(UInt8.self, in: indices, outside: limit)
            case .uint16: firstIndex(UInt16.self, in: indices, outside: limit)
            case .uint32: firstIndex(UInt32.self, in: indices, outside: limit)
            case .uint64: firstIndex(UInt64.self, in: indices, outside: limit)
            default: firstIndex(Int64.self, in: indices, outside: limit)
            }
        if let bad { throw invalid(bad, "the index is outside the dictionary") }
    }

    private func firstIndex<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, in indices: Bytes, outside limit: Int
    ) -> Int? {
        unsafe indices.withUnsafeBytes { raw in
            // Sound: the buffer is aligned and a multiple of the width long.
            let values = unsafe raw.bindMemory(to: T.self)
            for position in values.indices {
                let value = unsafe values[position]
                if value < 0 || value >= limit, !isNull(at: position) { return position }
            }
            return nil
        }
    }

    /// One pass over all text when it is valid as a whole and no value begins inside a character;
    /// otherwise value by value, to name the bad one and to spare what is null. The offsets are in
    /// order and inside the data.
    private func checkText() throws(ArrowError) {
        if count > 0, case .offsets(let offsets, let data) = storage {
            let blobs = try checkedBlobs()
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

/// The dictionaries that a validation has looked at, so that batches that share one do not each
/// look at it again.
struct ValidatedChunks {
    /// Chunks are held, so that their identities are not given to others meanwhile.
    private var current: [ObjectIdentifier: DictionaryChunk] = [:]
    private var previous: [ObjectIdentifier: DictionaryChunk] = [:]

    /// Forgets what the batch before the last one had. Whoever looks at all batches of a table,
    /// which holds the dictionaries anyway, need not call this.
    mutating func beginBatch() {
        previous = current
        current = [:]
    }

    /// Whether the chunk was not looked at before.
    mutating func insert(_ chunk: DictionaryChunk) -> Bool {
        let identity = ObjectIdentifier(chunk)
        let isNew = current[identity] == nil && previous[identity] == nil
        current[identity] = chunk
        return isNew
    }
}
