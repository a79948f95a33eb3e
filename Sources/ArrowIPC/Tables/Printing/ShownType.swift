extension Column {
    /// Whether a value is a null of the column's own, or of the dictionary or run it stands for.
    func showsNull(at position: Int) -> Bool {
        if isNull(at: position) { return true }
        switch type.layout {
        case .dictionary, .runs:
            guard let place = try? resolved(at: position) else { return false }
            return place.column.isNull(at: place.position)
        default: return false
        }
    }
}

extension Field {
    /// The type for people: its name, or the extension's.
    package var typeText: String {
        extensionType.map { "\($0.name)<\(type)>" } ?? type.description
    }
}

extension DataType {
    /// Whether a value that is cut would look like another one.
    var isShownWhole: Bool {
        switch self {
        case .timestamp, .date32, .date64, .time32, .time64: true
        case .dictionary(_, let value, _, _): value.isShownWhole
        case .runEndEncoded(_, let values): values.type.isShownWhole
        default: isRightAligned
        }
    }

    /// Whether values line up at their end, as numbers do.
    var isRightAligned: Bool {
        switch self {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .int128, .uint128,
            .float16, .float32, .float64, .decimal, .duration:
            true
        case .dictionary(_, let value, _, _): value.isRightAligned
        case .runEndEncoded(_, let values): values.type.isRightAligned
        default: false
        }
    }
}
