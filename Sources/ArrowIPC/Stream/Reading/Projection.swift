internal import BridgeBytes

/// Which columns of a stream to read. Of the others not a page is touched, and their dictionaries
/// are not kept.
public enum ColumnSelection: Sendable, Hashable {
    /// All columns, in the stream's order.
    case all
    /// The first column of each name, in this order.
    case named([String])
    /// The columns at these positions of the stream's schema, in this order.
    case at([Int])
}

/// A selection applied to the schema of a stream.
struct Projection: Sendable {
    /// All fields of the stream, in its order.
    let fields: [Field]
    /// The schema that batches have.
    let schema: Schema
    /// Positions in `fields` of the fields of `schema`; nil when these are all, in order.
    private let positions: [Int]?
    /// Whether each of `fields` is selected; empty when all are.
    private let isTaken: [Bool]

    /// - Throws: `columnNotFound`.
    init(_ schema: Schema, _ selection: ColumnSelection) throws(ArrowError) {
        fields = schema.fields
        let positions: [Int]
        switch selection {
        case .all:
            self.schema = schema
            self.positions = nil
            isTaken = []
            return
        case .at(let given):
            if let bad = given.first(where: { !schema.fields.indices.contains($0) }) {
                throw Self.missing("there is no column \(bad) among \(schema.fields.count)")
            }
            positions = given
        case .named(let names):
            var found: [Int] = []
            for name in names {
                guard let position = schema.index(of: name) else {
                    throw Self.missing("there is no column \"\(name)\"", name)
                }
                found.append(position)
            }
            positions = found
        }
        var isTaken = [Bool](repeating: false, count: schema.fields.count)
        for position in positions { isTaken[position] = true }
        self.isTaken = isTaken
        self.positions = positions
        self.schema = Schema(positions.map { schema.fields[$0] }, metadata: schema.metadata)
    }

    private static func missing(_ message: String, _ name: String? = nil) -> ArrowError {
        ArrowError(.columnNotFound, stage: .schema, field: name, message)
    }

    /// Whether the field at a position of the stream is selected.
    func takes(_ position: Int) -> Bool { isTaken.isEmpty || isTaken[position] }

    /// The selected columns in the order of the selection.
    /// - Parameter decoded: A column for each selected field of the stream, else nil.
    func arranged(_ decoded: [Column?]) -> [Column] {
        guard let positions else { return decoded.compactMap { $0 } }
        return positions.compactMap { decoded[$0] }
    }
}
