internal import BridgeBytes

extension Column {
    /// A column of no values.
    init(empty type: DataType) {
        self.init(
            type, count: 0, validity: nil, storage: Self.emptyStorage(type),
            children: Self.isDictionary(type) ? [] : type.children.map { Column(empty: $0.type) })
    }

    private static func isDictionary(_ type: DataType) -> Bool {
        if case .dictionary = type { true } else { false }
    }

    private static func emptyStorage(_ type: DataType) -> Storage {
        switch type.layout {
        case .null, .structure, .fixedList: .none
        case .bits: .bits(Bitmap(Bytes(), count: 0))
        case .fixedWidth: .values(Bytes())
        case .variable, .list: .offsets(Bytes(), data: Bytes())
        case .views: .views(Bytes(), data: [])
        case .listViews: .listViews(offsets: Bytes(), sizes: Bytes())
        case .union: .union(codes: Bytes(), offsets: Bytes())
        case .runs: .runs(start: 0)
        case .dictionary: .indices(Bytes(), chunks: [])
        }
    }
}
