internal import BridgeBytes

extension Column {
    /// The numbers of the column in place, for loops at the speed of memory:
    ///
    ///     let ids = try column.values(as: Int64.self)
    ///     for index in ids.indices { sum &+= ids[index] }
    ///
    /// Where a value is null the number is arbitrary; ask `validity`.
    /// - Throws: `typeMismatch` when the column does not hold such numbers.
    @_lifetime(borrow self)
    public func values<T: ArrowPrimitive>(as type: T.Type) throws(ArrowError) -> Span<T> {
        guard T.represents(self.type), case .values(let bytes) = storage else {
            throw mismatch("\(T.self)")
        }
        let start = unsafe bytes.withUnsafeBytes { $0.baseAddress }
        guard let start = unsafe start, count > 0 else { return Span() }
        // Sound: `storage` holds `count` values of this width at an aligned address (checked when
        // the column was made), and `self`, on which the span depends, keeps their memory.
        let typed = unsafe start.assumingMemoryBound(to: T.self)
        let span = unsafe Span(_unsafeStart: typed, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The column as a collection of optional numbers.
    /// - Throws: `typeMismatch` when the column does not hold such numbers.
    public func optionals<T: ArrowPrimitive>(of type: T.Type) throws(ArrowError) -> Numbers<T> {
        _ = try values(as: T.self)
        return Numbers(column: self)
    }

    /// The bits of a column of `bool`. Where a value is null the bit is arbitrary.
    /// - Throws: `typeMismatch`.
    public func bits() throws(ArrowError) -> Bitmap {
        guard case .bits(let bits) = storage else { throw mismatch("booleans") }
        return bits
    }

    /// A column of numbers as a collection of optionals; null is nil.
    public struct Numbers<T: ArrowPrimitive>: RandomAccessCollection, Sendable {
        private let bytes: Bytes
        private let validity: Bitmap?
        /// Number of values, nulls counted.
        public let count: Int
        public var startIndex: Int { 0 }
        public var endIndex: Int { count }

        fileprivate init(column: Column) {
            if case .values(let bytes) = column.storage { self.bytes = bytes } else { bytes = [] }
            validity = column.validity
            count = column.count
        }

        /// The number at a position; nil when it is null. Traps outside `0..<count`.
        @inlinable public subscript(position: Int) -> T? {
            withExtendedLifetime(self) {
                // Sound: `place` is inside the bytes, which `self` keeps, and holds such a number.
                guard let place = unsafe place(position, MemoryLayout<T>.stride) else { return nil }
                return unsafe place.loadUnaligned(as: T.self)
            }
        }

        /// Where the number at a position lies; nil when it is null. Only the load needs the type,
        /// so only that is generic: inlined into the caller it costs no witness.
        @usableFromInline func place(_ position: Int, _ stride: Int) -> UnsafeRawPointer? {
            precondition(position >= 0 && position < count, "position outside the column")
            if let validity, !validity[position] { return nil }
            // Sound: the bytes hold `count` values of that size.
            return unsafe UnsafeRawPointer(bitPattern: bytes.address &+ UInt(position * stride))
        }
    }
}
