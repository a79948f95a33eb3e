internal import BridgeBytes

extension BatchDecoder {
    /// What the stream's budget will be once the batch is decoded, by the claims of its compressed
    /// buffers alone; nil when nothing is compressed, or when decoding cannot succeed.
    ///
    /// The walk is that of `column`: what it passes over is what would be inflated there.
    func budgetAfterwards(_ projection: Projection) -> InflationBudget? {
        guard isCompressed else { return nil }
        var walk = self
        do throws(ArrowError) {
            for (position, field) in projection.fields.enumerated() {
                if projection.takes(position) {
                    try walk.claim(field)
                } else {
                    try walk.skip(field, path: field.name)
                }
            }
        } catch {
            return nil
        }
        return walk.budget
    }

    private mutating func claim(_ field: Field) throws(ArrowError) {
        let path = field.name
        let (count, nulls) = try node(path)
        let layout = field.type.layout
        switch layout {
        case .null: break
        case .runs, .union:
            if message.version < 4 { _ = try storedBuffer(path) }
        default:
            if nulls == 0 { _ = try storedBuffer(path) } else { try claimBuffer(path) }
        }
        switch layout {
        case .null, .runs, .fixedList, .structure: break
        case .bits, .fixedWidth, .dictionary, .union(.sparse): try claimBuffer(path)
        case .list: try claimOffsets(count, path)
        case .variable:
            try claimOffsets(count, path)
            try claimBuffer(path)
        case .listViews, .union(.dense):
            try claimBuffer(path)
            try claimBuffer(path)
        case .views:
            try claimBuffer(path)
            for _ in 0..<(try variadicCount(path)) { try claimBuffer(path) }
        }
        if case .dictionary = layout { return }
        for child in field.type.children { try claim(child) }
    }

    /// Offsets of no values are passed over unread.
    private mutating func claimOffsets(_ count: Int, _ path: String) throws(ArrowError) {
        if count > 0 { try claimBuffer(path) } else { _ = try storedBuffer(path) }
    }
}
