public import BridgeBytes

extension Column {
    /// Checks all offsets or views once: inside the data or the child, and offsets ascending.
    /// Complexity: O(n), about the time to read them.
    func checkOffsets() throws(ArrowError) {
        switch storage {
        case .listViews: for position in 0..<count { _ = try range(at: position) }
        case .views: for position in 0..<count { _ = try bytes(at: position) }
        case .offsets(let offsets, let data) where count > 0:
            let limit = children.first?.count ?? data.count
            let bad =
                type.alignment == 4
                ? Self.firstDescent(Int32.self, offsets, limit: limit)
                : Self.firstDescent(Int64.self, offsets, limit: limit)
            if let bad { throw badOffsets(min(bad, count - 1)) }
        default: break
        }
    }

    /// Position of the first offset that is out of order or range.
    private static func firstDescent<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, _ offsets: Bytes, limit: Int
    ) -> Int? {
        unsafe offsets.withUnsafeBytes { raw in
            // Sound: the buffer is aligned and a multiple of the width long.
            let values = unsafe raw.bindMemory(to: T.self)
            var previous: T = 0
            for index in values.indices {
                let value = unsafe values[index]
                if value < previous { return index }
                previous = value
            }
            return Int(truncatingIfNeeded: previous) > limit ? values.count - 1 : nil
        }
    }

    /// The column as a collection of optional texts.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    /// - Complexity: O(n).
    public func texts() throws(ArrowError) -> Texts {
        guard isText else { throw mismatch("String") }
        return Texts(try blobs())
    }

    /// The column as a collection of optional bytes.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    /// - Complexity: O(n).
    public func blobs() throws(ArrowError) -> Blobs {
        try checkOffsets()
        return try checkedBlobs()
    }

    /// The same behind `checkOffsets`, which has gone through the column.
    func checkedBlobs() throws(ArrowError) -> Blobs {
        switch (storage, type.layout) {
        case (.offsets(let offsets, let data), .variable):
            return Blobs(column: self, offsets: offsets, data: data)
        case (.views, _): return Blobs(column: self, offsets: Bytes(), data: Bytes())
        case (.values, _):
            guard case .fixedSizeBinary = type else { throw mismatch("Bytes") }
            return Blobs(column: self, offsets: Bytes(), data: Bytes())
        default: throw mismatch("Bytes")
        }
    }

    /// The column as a collection of optional lists, each a column of its items.
    /// - Throws: `ArrowError` with `typeMismatch` when it holds other values;
    ///   `invalidData` when offsets point outside the data.
    /// - Complexity: O(n).
    public func lists() throws(ArrowError) -> Lists {
        switch type.layout {
        case .list, .fixedList, .listViews: break
        default: throw mismatch("lists")
        }
        try checkOffsets()
        return Lists(column: self)
    }

    /// A column of binary or text as a collection of optional bytes; nothing is copied.
    public struct Blobs: RandomAccessCollection, Sendable {
        /// Number of values, nulls counted.
        public let count: Int
        private let offsets: Bytes
        private let width: Int
        private let data: Bytes
        private let validity: Bitmap?
        /// Only for columns of views and of one width, which have no offsets.
        private let views: Column?
        public var startIndex: Int { 0 }
        public var endIndex: Int { count }

        init(column: Column, offsets: Bytes, data: Bytes) {
            self.offsets = offsets
            self.data = data
            count = column.count
            width = column.type.alignment
            validity = column.validity
            views = offsets.isEmpty ? column : nil
        }

        /// The range of a value in `data`. The offsets were checked when the view was made.
        func range(_ position: Int) -> Range<Int> {
            let span = offsets.span
            let start = Column.offset(span, width: width, at: position) ?? 0
            let end = Column.offset(span, width: width, at: position + 1) ?? start
            return start..<end
        }

        /// The bytes at a position, without a copy; nil when null. Traps outside `0..<count`.
        public subscript(position: Int) -> Bytes? {
            precondition(position >= 0 && position < count, "position outside the column")
            // The views were checked when this was made, so it does not throw.
            if let views { return (try? views.bytes(at: position)) ?? nil }
            if let validity, !validity[position] { return nil }
            return data[range(position)]
        }

        /// Size of a value in bytes, 0 for null, without looking at it.
        public func byteCount(at position: Int) -> Int {
            precondition(position >= 0 && position < count, "position outside the column")
            if views != nil { return self[position]?.count ?? 0 }
            if let validity, !validity[position] { return 0 }
            return range(position).count
        }
    }

    /// A column of text as a collection of optional strings. A string is made when it is asked
    /// for; what is not valid UTF-8 comes as U+FFFD (`validate(full:)` finds out beforehand).
    public struct Texts: RandomAccessCollection, Sendable {
        /// The same values as bytes.
        public let blobs: Blobs
        public var startIndex: Int { 0 }
        public var endIndex: Int { blobs.count }

        init(_ blobs: Blobs) { self.blobs = blobs }

        /// Size of a text in bytes of UTF-8, 0 for null, without looking at it.
        public func byteCount(at position: Int) -> Int { blobs.byteCount(at: position) }

        /// The text at a position; nil when null. Traps outside `0..<count`.
        public subscript(position: Int) -> String? {
            blobs[position].map { String(repairing: $0) }
        }
    }

    /// A column of lists as a collection of optional columns; nothing is copied.
    public struct Lists: RandomAccessCollection, Sendable {
        private let column: Column
        public var startIndex: Int { 0 }
        public var endIndex: Int { column.count }

        init(column: Column) { self.column = column }

        /// The items of the list at a position; nil when null. Traps outside `0..<count`.
        public subscript(position: Int) -> Column? {
            // The offsets were checked when the view was made, so this does not throw.
            (try? column.list(at: position)) ?? nil
        }
    }
}
