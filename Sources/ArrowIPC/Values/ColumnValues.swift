internal import BridgeBytes

/// The values of a column as a collection of Swift values, over all batches of a table:
///
///     for id in try table.column("id").values(as: Int.self) { … }
///     let names = Array(try table.column("name").values(as: String?.self))
///
/// A view: no number is copied, and texts are made when they are asked for. Offsets and indices
/// were checked when the view was made, so that no access throws. Access to any position costs a
/// bisection over the batches; iteration costs none. Loops at the speed of memory go batch by
/// batch over `Column.span(as:)`.
public struct ColumnValues<Element: ArrowValue>: RandomAccessCollection, Sendable {
    /// The values of one batch; no part is empty.
    @usableFromInline struct Part: Sendable {
        /// What reads them.
        @usableFromInline enum Source: Sendable {
            /// A column of plain values.
            case plain(Element.ColumnSource)
            /// Any other column.
            case encoded(EncodedValues<Element>)
        }

        @usableFromInline let source: Source
        @usableFromInline let start: Int
        @usableFromInline let count: Int

        @inlinable func value(at position: Int) -> Element {
            switch source {
            case .plain(let source): Element.arrowValue(from: source, at: position)
            case .encoded(let values): values.value(at: position)
            }
        }
    }

    @usableFromInline let parts: [Part]
    /// Number of values, nulls counted.
    public let count: Int
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// - Throws: as `Column.values(as:)`.
    init(_ columns: [Column]) throws(ArrowError) {
        var parts: [Part] = []
        var count = 0
        for column in columns {
            // Empty columns are looked at too: a wrong type is told whatever the table holds.
            let part = try Self.part(column, start: count)
            if column.count > 0 { parts.append(part) }
            count += column.count
        }
        self.parts = parts
        self.count = count
    }

    private static func part(_ column: Column, start: Int) throws(ArrowError) -> Part {
        let hasNull = Element.arrowNull != nil
        switch column.layout {
        case .dictionary, .runs, .null:
            guard column.layout != .null || hasNull || column.count == 0 else {
                throw column.unexpectedNulls("\(Element.self)")
            }
            let encoded = try EncodedValues<Element>(column)
            return Part(source: .encoded(encoded), start: start, count: column.count)
        default:
            let source = try Element.arrowSource(of: column)
            if !hasNull, column.nullCount > 0 { throw column.unexpectedNulls("\(Element.self)") }
            return Part(source: .plain(source), start: start, count: column.count)
        }
    }

    /// The value at a position. Traps when it is outside `0..<count`.
    /// Complexity: O(log batches).
    @inlinable public subscript(position: Int) -> Element {
        precondition(position >= 0 && position < count, "position outside the column")
        if parts.count == 1 { return parts[0].value(at: position) }
        var lower = 0
        var upper = parts.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if parts[middle].start > position { upper = middle } else { lower = middle }
        }
        return parts[lower].value(at: position - parts[lower].start)
    }

    /// Goes through the values batch by batch.
    public struct Iterator: IteratorProtocol {
        @usableFromInline let parts: [Part]
        @usableFromInline var part = 0
        @usableFromInline var position = 0
        /// The source of the part, apart from it, so that no part is copied for each value; nil
        /// before the part was begun and where its values are encoded.
        @usableFromInline var source: Element.ColumnSource?
        @usableFromInline var limit = 0

        @inlinable init(_ parts: [Part]) { self.parts = parts }

        @inlinable public mutating func next() -> Element? {
            if position < limit, let source {
                position &+= 1
                return Element.arrowValue(from: source, at: position &- 1)
            }
            return nextOfPart()
        }

        /// The first value of a part, and every one of an encoded part.
        @inlinable mutating func nextOfPart() -> Element? {
            while part < parts.count {
                let current = parts[part]
                if position < current.count {
                    if case .plain(let plain) = current.source {
                        source = plain
                        limit = current.count
                    } else {
                        source = nil
                    }
                    position &+= 1
                    return current.value(at: position &- 1)
                }
                part += 1
                position = 0
                limit = 0
            }
            return nil
        }
    }

    @inlinable public func makeIterator() -> Iterator { Iterator(parts) }
}

extension ColumnValues: CustomStringConvertible {
    /// The first values, as an array shows them.
    public var description: String {
        let shown = prefix(10).map { "\($0)" }
        return "[\(shown.joined(separator: ", "))\(count > 10 ? ", …" : "")]"
    }
}
