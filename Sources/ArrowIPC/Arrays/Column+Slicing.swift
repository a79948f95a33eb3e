internal import BridgeBytes

extension Column {
    /// Part of the column, without a copy of any value. Traps when the range is outside
    /// `0..<count`.
    public subscript(range: Range<Int>) -> Column {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the column")
        if range == 0..<count { return self }
        return Column(
            type, count: range.count, validity: validity?[range], storage: storage(range),
            children: children(range))
    }

    private func storage(_ range: Range<Int>) -> Storage {
        func cut(_ bytes: Bytes, _ width: Int) -> Bytes {
            bytes[range.lowerBound * width..<range.upperBound * width]
        }
        switch storage {
        case .none: return .none
        case .bits(let bits): return .bits(bits[range])
        case .values(let bytes): return .values(cut(bytes, type.fixedWidth))
        case .offsets(let offsets, let data):
            let width = type.alignment
            let end = range.isEmpty ? range.lowerBound : range.upperBound + 1
            return .offsets(offsets[range.lowerBound * width..<end * width], data: data)
        case .views(let views, let data): return .views(cut(views, 16), data: data)
        case .listViews(let offsets, let sizes):
            return .listViews(
                offsets: cut(offsets, type.alignment), sizes: cut(sizes, type.alignment))
        case .union(let codes, let offsets):
            return .union(
                codes: cut(codes, 1), offsets: offsets.isEmpty ? offsets : cut(offsets, 4))
        case .runs(let start): return .runs(start: start + range.lowerBound)
        case .indices(let indices, let chunks):
            return .indices(cut(indices, type.alignment), chunks: chunks)
        }
    }

    /// Children that have their rows in step with the parent's are cut with it.
    private func children(_ range: Range<Int>) -> [Column] {
        switch type.layout {
        case .structure, .union(.sparse): children.map { $0[range] }
        case .fixedList(let size):
            children.map { $0[range.lowerBound * size..<range.upperBound * size] }
        default: children
        }
    }
}
