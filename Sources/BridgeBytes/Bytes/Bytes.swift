/// An immutable run of bytes that is shared, not copied.
///
/// A `Bytes` is a view of heap memory or of a mapped file. Passing it on, storing it and slicing
/// it cost one reference count and no copy. Positions are counted from the start of the view:
/// the first byte of a slice is its byte 0.
///
/// A small slice keeps the whole memory alive that it was cut from; `copied()` detaches it.
public struct Bytes: Sendable {
    @usableFromInline let region: ByteRegion?
    @usableFromInline let offset: Int
    /// Number of bytes in the view.
    public let count: Int

    /// An empty run.
    @inlinable public init() {
        region = nil
        offset = 0
        count = 0
    }

    /// A view of `range` of a region. The caller never writes those bytes again.
    @inlinable package init(_ region: ByteRegion, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= region.capacity)
        self.region = region
        offset = range.lowerBound
        count = range.count
    }

    /// A copy of an array. Complexity: O(n).
    public init(_ array: [UInt8]) {
        self.init(copying: array.span)
    }

    /// A copy of a span. Complexity: O(n).
    public init(copying span: Span<UInt8>) {
        guard !span.isEmpty else {
            self.init()
            return
        }
        let region = ByteRegion(capacity: span.count)
        unsafe span.withUnsafeBytes {
            if let source = $0.baseAddress {
                unsafe region.base.copyMemory(from: source, byteCount: $0.count)
            }
        }
        self.init(region, 0..<span.count)
    }

    /// The UTF-8 bytes of a string. Complexity: O(n).
    public init(utf8 string: String) {
        var string = string
        self = string.withUTF8 { unsafe Bytes(copying: $0.span) }
    }

    /// Whether there is no byte.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// The byte at a position. Traps when the position is outside `0..<count`.
    @inlinable public subscript(position: Int) -> UInt8 {
        span[position]
    }

    /// A view of part of the bytes, without a copy. Traps when the range is outside `0..<count`.
    @inlinable public subscript(range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the bytes")
        guard let region else { return self }
        return Bytes(region, offset + range.lowerBound..<offset + range.upperBound)
    }

    /// A view of the bytes from a position to the end, without a copy.
    public subscript(range: PartialRangeFrom<Int>) -> Bytes { self[range.lowerBound..<count] }

    /// The bytes as a span that is valid as long as this value.
    @inlinable public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            guard let region else { return Span() }
            // Sound: `region` is retained by `self`, on which the result's lifetime depends, and
            // the initialiser checked that the range lies inside the region.
            let start = unsafe UnsafeRawPointer(region.base + offset)
                .assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: start, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Lends the bytes as a raw buffer to code that wants a pointer, such as a system call.
    /// - Throws: What `body` throws.
    @unsafe public func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe span.withUnsafeBytes(body)
    }

    /// The same bytes in memory of their own, so that the rest of a larger region can go.
    /// Complexity: O(n).
    public func copied() -> Bytes { Bytes(copying: span) }

    /// The memory under the bytes: two values with the same address share it. For tests that
    /// show that nothing was copied.
    package var address: UInt {
        guard let region else { return 0 }
        return unsafe UInt(bitPattern: region.base) + UInt(offset)
    }
}

extension Bytes: Hashable {
    public static func == (left: Bytes, right: Bytes) -> Bool {
        Scan.equal(left.span, right.span)
    }

    public func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension Bytes: Sequence {
    /// Iterates over the bytes, one at a time; for hot loops use `span`.
    public struct Iterator: IteratorProtocol {
        private let bytes: Bytes
        private var position = 0

        init(_ bytes: Bytes) { self.bytes = bytes }

        public mutating func next() -> UInt8? {
            guard position < bytes.count else { return nil }
            defer { position += 1 }
            return bytes[position]
        }
    }

    public func makeIterator() -> Iterator { Iterator(self) }
    public var underestimatedCount: Int { count }
}

extension Bytes: ExpressibleByArrayLiteral, CustomStringConvertible {
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }

    /// The size only: the content may be a secret, or large.
    public var description: String { "Bytes(\(count))" }
}

extension String {
    /// The bytes as text; nil when they are not valid UTF-8. A byte-order mark is kept.
    /// Complexity: O(n).
    public init?(validating bytes: Bytes) {
        guard let text = try? UTF8Span(validating: bytes.span) else { return nil }
        self.init(copying: text)
    }

    /// The bytes as text, with U+FFFD in place of what is not valid UTF-8. Complexity: O(n).
    public init(repairing bytes: Bytes) {
        self = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    /// A copy of the bytes. Complexity: O(n).
    public init(_ bytes: Bytes) {
        self = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}
