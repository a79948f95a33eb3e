/// A Swift number that columns hold as it is, so that it can be read in place.
public protocol ArrowPrimitive: ArrowValue, BitwiseCopyable
where ColumnSource == NumberSource<Self> {
    /// The type of a column that is built from such values when no other is named.
    static var arrowType: DataType { get }
    /// Whether columns of the type hold such values, as dates of 32 bits hold `Int32`.
    static func represents(_ type: DataType) -> Bool
}

extension ArrowPrimitive {
    /// By default such values represent only their own type.
    public static func represents(_ type: DataType) -> Bool { type == arrowType }
}

extension Int8: ArrowPrimitive {
    /// `int8`
    public static var arrowType: DataType { .int8 }
}

extension Int16: ArrowPrimitive {
    /// `int16`
    public static var arrowType: DataType { .int16 }
}

extension Int32: ArrowPrimitive {
    /// `int32`
    public static var arrowType: DataType { .int32 }

    /// Also days (`date32`), times of day of 32 bits and intervals of months.
    public static func represents(_ type: DataType) -> Bool {
        switch type {
        case .int32, .date32, .time32, .interval(.yearMonth): true
        default: false
        }
    }
}

extension Int64: ArrowPrimitive {
    /// `int64`
    public static var arrowType: DataType { .int64 }

    /// Also timestamps, durations, times of day of 64 bits and `date64`.
    public static func represents(_ type: DataType) -> Bool {
        switch type {
        case .int64, .date64, .time64, .timestamp, .duration: true
        default: false
        }
    }
}

/// `Int` stands for `Int64`, which it is on every platform of this library.
extension Int: ArrowPrimitive {
    /// `int64`
    public static var arrowType: DataType { .int64 }

    /// The types that `Int64` represents.
    public static func represents(_ type: DataType) -> Bool { Int64.represents(type) }
}

extension UInt8: ArrowPrimitive {
    /// `uint8`
    public static var arrowType: DataType { .uint8 }
}

extension UInt16: ArrowPrimitive {
    /// `uint16`
    public static var arrowType: DataType { .uint16 }
}

extension UInt32: ArrowPrimitive {
    /// `uint32`
    public static var arrowType: DataType { .uint32 }
}

extension UInt64: ArrowPrimitive {
    /// `uint64`
    public static var arrowType: DataType { .uint64 }
}

extension Float16: ArrowPrimitive {
    /// `float16`
    public static var arrowType: DataType { .float16 }
}

extension Float: ArrowPrimitive {
    /// `float32`
    public static var arrowType: DataType { .float32 }
}

extension Double: ArrowPrimitive {
    /// `float64`
    public static var arrowType: DataType { .float64 }
}
