internal import BridgeBytes

extension BatchDecoder {
    /// The next column, with its children. The depth is that of the schema, which is bounded.
    mutating func column(_ field: Field, path: String) throws(ArrowError) -> Column {
        let (count, nulls) = try node(path)
        let type = field.type
        var validity: Bitmap?
        switch type.layout {
        case .null: claim(count, path: path)
        case .runs:
            claim(count, path: path)
            try passSlotOfV4(path, nulls: nulls)
        case .union: try passSlotOfV4(path, nulls: nulls)
        default: validity = try self.validity(path, count: count, nulls: nulls)
        }
        var storage = try storage(type, count: count, validity, path: path)
        if validity != nil || storage.holdsValues { prove(count) }
        if message.isBigEndian { storage = ByteOrder.swapped(storage, of: type) }
        var children: [Column] = []
        if case .dictionary = type.layout {
            // The children of a dictionary's values come with the dictionary.
        } else {
            for child in type.children {
                children.append(try column(child, path: "\(path).\(child.name)"))
            }
            children = try fit(children, to: type, count: count, path: path)
        }
        return Column(type, count: count, validity: validity, storage: storage, children: children)
    }

    /// Metadata V4 has a slot for a bitmap in unions and runs, too, of which nobody knows what it
    /// would mean: their values know themselves whether they are null.
    private mutating func passSlotOfV4(_ path: String, nulls: Int) throws(ArrowError) {
        guard message.version < 4 else { return }
        _ = try storedBuffer(path)
        if nulls > 0 { throw fail(path, "a column of unions or runs has nulls of its own") }
    }

    /// Passes over a column and its children.
    mutating func skip(_ field: Field, path: String) throws(ArrowError) {
        let count = try node(path).count
        let type = field.type
        let slotOfV4 = message.version < 4 ? 1 : 0
        let buffers =
            switch type.layout {
            case .null: 0
            case .runs: slotOfV4
            case .fixedList, .structure: 1
            case .bits, .fixedWidth, .list, .dictionary: 2
            case .variable, .listViews: 3
            case .views: 2 + (try variadicCount(path))
            case .union(.sparse): 1 + slotOfV4
            case .union(.dense): 2 + slotOfV4
            }
        try skipBuffers(buffers, of: count, path)
        if case .dictionary = type.layout { return }
        for child in type.children { try skip(child, path: "\(path).\(child.name)") }
    }

    private mutating func storage(
        _ type: DataType, count: Int, _ validity: Bitmap?, path: String
    ) throws(ArrowError) -> Column.Storage {
        switch type.layout {
        case .bits: return .bits(Bitmap(try bits(path, count: count) ?? Bytes(), count: count))
        case .fixedWidth(let width):
            if width == 0 { claim(count, path: path) }
            return .values(
                try buffer(path, of: count, width: width, alignment: type.alignment))
        case .variable(let width):
            let offsets = try self.offsets(count: count, width: width, path: path)
            return .offsets(offsets, data: try buffer(path))
        case .list(let width):
            return .offsets(
                try offsets(count: count, width: width, path: path), data: Bytes())
        case .views:
            let views = try buffer(path, of: count, width: 16, alignment: 1)
            var data: [Bytes] = []
            for _ in 0..<(try variadicCount(path)) { data.append(try buffer(path)) }
            return .views(views, data: data)
        case .listViews(let width):
            let offsets = try buffer(path, of: count, width: width, alignment: width)
            let sizes = try buffer(path, of: count, width: width, alignment: width)
            return .listViews(offsets: offsets, sizes: sizes)
        case .union(let mode):
            let codes = try buffer(path, of: count, width: 1, alignment: 1)
            guard mode == .dense else { return .union(codes: codes, offsets: Bytes()) }
            return .union(
                codes: codes, offsets: try buffer(path, of: count, width: 4, alignment: 4))
        case .runs: return .runs(start: 0)
        case .dictionary(let width):
            let indices = try buffer(path, of: count, width: width, alignment: width)
            return .indices(
                indices, chunks: try dictionaryChunks(type, count: count, validity, path: path))
        case .fixedList, .structure, .null: return .none
        }
    }

    /// The values of a dictionary column, which a writer need not send when it has none to name.
    private func dictionaryChunks(
        _ type: DataType, count: Int, _ validity: Bitmap?, path: String
    ) throws(ArrowError) -> [DictionaryChunk] {
        guard case .dictionary(_, _, _, let id) = type else { return [] }
        if let chunks = dictionaries.chunks[id] { return chunks }
        guard count == 0 || validity?.setCount == 0 else {
            throw fail(path, "the dictionary of the column has not been sent")
        }
        return []
    }

    private mutating func bits(
        _ path: String, count: Int, mayBeAbsent: Bool = false
    ) throws(ArrowError) -> Bytes? {
        let bytes = try buffer(path)
        if mayBeAbsent, bytes.isEmpty { return nil }
        guard bytes.count >= count / 8 + (count % 8 == 0 ? 0 : 1) else {
            throw fail(path, "a buffer of \(bytes.count) bytes is too short for \(count) bits")
        }
        return bytes
    }

    mutating func validity(
        _ path: String, count: Int, nulls: Int
    ) throws(ArrowError) -> Bitmap? {
        guard nulls != 0 else {
            _ = try storedBuffer(path)
            return nil
        }
        return try bits(path, count: count, mayBeAbsent: nulls < 0).map {
            Bitmap($0, count: count)
        }
    }

    private mutating func offsets(
        count: Int, width: Int, path: String
    ) throws(ArrowError) -> Bytes {
        guard count > 0 else {
            _ = try storedBuffer(path)
            return Bytes()
        }
        let (number, overflow) = count.addingReportingOverflow(1)
        guard !overflow else { throw fail(path, "the number of values is impossible") }
        return try buffer(path, of: number, width: width, alignment: width)
    }

    /// Children in step with their parent have as many values as it needs.
    private mutating func fit(
        _ children: [Column], to type: DataType, count: Int, path: String
    ) throws(ArrowError) -> [Column] {
        let needed: Int
        switch type.layout {
        case .structure:
            if children.isEmpty { claim(count, path: path) }
            needed = count
        case .union(.sparse): needed = count
        case .fixedList(let size):
            if size == 0 { claim(count, path: path) }
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            needed = overflow ? Int.max : product
        case .runs:
            guard children[0].validity == nil else { throw fail(path, "a run end is null") }
            return children
        default: return children
        }
        var fitted: [Column] = []
        for child in children {
            guard child.count >= needed else {
                throw fail(path, "a child has \(child.count) values where \(needed) are needed")
            }
            fitted.append(child[0..<needed])
        }
        return fitted
    }
}

extension Column.Storage {
    /// Whether there is a buffer of the column's own that grows with its values.
    fileprivate var holdsValues: Bool {
        switch self {
        case .none, .runs: false
        case .bits(let bits): bits.count > 0
        case .values(let bytes), .views(let bytes, _), .indices(let bytes, _): !bytes.isEmpty
        case .offsets(let offsets, _), .listViews(let offsets, _): !offsets.isEmpty
        case .union(let codes, _): !codes.isEmpty
        }
    }
}
