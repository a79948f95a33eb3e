internal import ArrowIPC
internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON

/// What the demo's service reports about itself: small updates, and now and then a snapshot that
/// is too large for a message. The content follows from the number of the report.
enum HealthReports {
    /// Every so many reports one is a snapshot.
    static let snapshotInterval = 10
    /// Rows of a snapshot: 1.2 MB.
    static let snapshotRows = 100_000

    static func isSnapshot(_ number: Int) -> Bool { number % snapshotInterval == 0 }

    static func update(_ number: Int) -> JSONValue {
        [
            "report": JSONValue(number),
            "load": JSONValue(Double(number * 37 % 400) / 100),
            "memory_mb": JSONValue(2048 + number * 13 % 512),
            "healthy": .bool(number % 7 != 0),
        ]
    }

    static func snapshot(_ number: Int) throws(ArrowError) -> Table {
        try Table([
            "process": Column((0..<snapshotRows).map { Int32($0) }),
            "resident_kb": Column((0..<snapshotRows).map { Int64(($0 &* 31 + number) % 65_536) }),
        ])
    }

    /// Whether a table is the snapshot of that number, every value compared.
    static func isSnapshot(_ table: Table, of number: Int) throws(ArrowError) -> Bool {
        guard table.count == snapshotRows, let batch = table.batches.first else { return false }
        let column = try batch.column("resident_kb")
        let values = try column.span(as: Int64.self)
        for row in values.indices where values[row] != Int64((row &* 31 + number) % 65_536) {
            return false
        }
        return true
    }
}
