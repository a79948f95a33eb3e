public import BridgeBytes

/// What could be had of a file whose footer is missing or damaged.
public struct SalvagedTable: Sendable {
    /// The batches up to where reading ended, in the order in which they lie in the file.
    public let table: Table
    /// Why reading ended there; nil when a mark of the end stood behind the last batch. Also then
    /// batches may be missing: without its footer, a file does not say how many it had.
    public let problem: ArrowError?
}

extension Table {
    /// Reads the messages of a file one after the other, as far as that goes, without its footer:
    /// for a file that was cut or never finished.
    ///
    /// Writers need not put the batches into the file in their order, nor the schema in front; what
    /// comes out is what a stream of those bytes would give. Zeros between messages are passed.
    /// - Throws: `ArrowError`, as `StreamReader`, when not even the schema can be had.
    public static func salvage(
        ipcFile bytes: Bytes, columns: ColumnSelection = .all, limits: ArrowLimits = .default
    ) throws(ArrowError) -> SalvagedTable {
        var reader = try StreamReader(
            bytes, columns: columns, limits: limits, salvagesFiles: true)
        var batches: [RecordBatch] = []
        var problem: ArrowError?
        do throws(ArrowError) {
            while let batch = try reader.next() { batches.append(batch) }
        } catch {
            problem = error
        }
        return SalvagedTable(table: Table(unchecked: reader.schema, batches), problem: problem)
    }
}
