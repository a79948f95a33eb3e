internal import BridgeBytes

/// Turns the buffers of a big-endian body into the order of this machine.
///
/// The numbers of a body are in the order that the schema states: values, offsets, sizes, indices
/// and the parts of views and intervals. Bits, bytes and text have no order; heads of messages are
/// little-endian always. The swapped buffers are copies, of the size of what is present.
/// Source: "Byte Order (Endianness)" of the Arrow columnar format.
enum ByteOrder {
    /// The buffers of one column with every number swapped; children are columns of their own.
    static func swapped(_ storage: Column.Storage, of type: DataType) -> Column.Storage {
        let width = type.alignment
        switch storage {
        case .none, .bits, .runs: return storage
        case .values(let bytes): return .values(swapped(bytes, units: units(of: type)))
        case .offsets(let offsets, let data):
            return .offsets(swapped(offsets, units: [width]), data: data)
        case .views(let views, let data): return .views(swapped(views: views), data: data)
        case .listViews(let offsets, let sizes):
            return .listViews(
                offsets: swapped(offsets, units: [width]), sizes: swapped(sizes, units: [width]))
        case .union(let codes, let offsets):
            return .union(codes: codes, offsets: swapped(offsets, units: [4]))
        case .indices(let indices, let chunks):
            return .indices(swapped(indices, units: [width]), chunks: chunks)
        }
    }

    /// The sizes of the numbers that a value of a fixed width is made of.
    private static func units(of type: DataType) -> [Int] {
        switch type {
        case .fixedSizeBinary: [1]
        case .interval(.dayTime): [4, 4]
        case .interval(.monthDayNano): [4, 4, 8]
        default: [type.fixedWidth]
        }
    }

    /// The bytes with each number reversed; numbers of the given sizes take turns. The bytes hold
    /// whole rounds.
    static func swapped(_ bytes: Bytes, units: [Int]) -> Bytes {
        guard units != [1], !bytes.isEmpty else { return bytes }
        var writer = ByteWriter(capacity: bytes.count)
        let span = bytes.span
        var position = 0
        while position < span.count {
            for unit in units {
                swap(span, at: position, unit, into: &writer)
                position += unit
            }
        }
        return writer.finish()
    }

    private static func swap(
        _ span: Span<UInt8>, at position: Int, _ unit: Int, into writer: inout ByteWriter
    ) {
        switch unit {
        case 2: writer.append(littleEndian: read(UInt16.self, span, position))
        case 4: writer.append(littleEndian: read(UInt32.self, span, position))
        default:
            // Decimals of 128 and 256 bits are one number: the last eight bytes come first.
            for word in stride(from: unit - 8, through: 0, by: -8) {
                writer.append(littleEndian: read(UInt64.self, span, position + word))
            }
        }
    }

    private static func read<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, _ span: Span<UInt8>, _ position: Int
    ) -> T {
        (span.littleEndian(T.self, at: position) ?? 0).byteSwapped
    }

    /// Views: the size always; of long values also the buffer's number and the offset in it.
    private static func swapped(views: Bytes) -> Bytes {
        var writer = ByteWriter(capacity: views.count)
        let span = views.span
        for start in stride(from: 0, to: span.count, by: 16) {
            let size = read(UInt32.self, span, start)
            writer.append(littleEndian: size)
            guard Int32(bitPattern: size) > 12 else {
                writer.append(span.extracting(start + 4..<start + 16))
                continue
            }
            writer.append(span.extracting(start + 4..<start + 8))
            writer.append(littleEndian: read(UInt32.self, span, start + 8))
            writer.append(littleEndian: read(UInt32.self, span, start + 12))
        }
        return writer.finish()
    }
}
