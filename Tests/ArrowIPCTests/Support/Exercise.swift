import ArrowIPC
import BridgeBytes

/// Reads everything that a stream offers, by every way of access, so that a forged offset that
/// slipped through would trap. Errors are fine; they are counted, not hidden.
struct Exercise {
    private(set) var values = 0
    private(set) var refusals = 0

    /// Opens the bytes and reads all batches up to the first error.
    /// - Returns: the error that ended the stream, or nil when it was complete.
    mutating func stream(_ bytes: Bytes) -> ArrowError? {
        do throws(ArrowError) {
            var reader = try StreamReader(bytes)
            while let batch = try reader.next() { batchRead(batch) }
            return nil
        } catch { return error }
    }

    mutating func batchRead(_ batch: RecordBatch) {
        attempt {
            try batch.validate(full: true)
            return 0
        }
        for column in batch.columns { self.column(column) }
        attempt { try batch.ipcStream().count }
        if batch.count > 1 {
            let rest = batch[1..<batch.count]
            attempt { try rest.ipcStream().count }
        }
    }

    private mutating func attempt(_ body: () throws -> Int) {
        do { values += try body() } catch { refusals += 1 }
    }

    private mutating func column(_ column: Column) {
        values += column.nullCount
        for position in 0..<min(column.count, 64) {
            attempt { try column.bytes(at: position)?.count ?? 0 }
            attempt { try column.text(at: position)?.count ?? 0 }
            attempt { try column.number(Int64.self, at: position) == 0 ? 1 : 0 }
            attempt { try column.list(at: position)?.count ?? 0 }
            attempt { try column.resolved(at: position).position }
            attempt { try column.decimalText(at: position)?.count ?? 0 }
        }
        attempt { try column.texts().prefix(64).reduce(0) { $0 + ($1?.count ?? 0) } }
        attempt { try column.lists().prefix(64).reduce(0) { $0 + ($1?.count ?? 0) } }
        attempt { try column.bits().setCount }
        attempt { try column.span(as: Double.self).count }
        for child in column.children { self.column(child) }
    }
}
