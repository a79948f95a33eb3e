internal import ArrowIPC
internal import BridgeBytes

/// What one side finds when it reads every value of the large table.
struct TableReading: Sendable {
    private(set) var sums = TableSums()
    private var running: [String: XXH64] = [:]
    private var low = UInt.max
    private var high = UInt.min

    /// XXH64 of each column's values, in the order of the columns.
    var digests: [String] {
        TableFormula.columns.map { running[$0].map { String($0.finalize(), radix: 16) } ?? "" }
    }

    /// Lowest and highest address of the values that were read.
    var addresses: Range<UInt> { low <= high ? low..<high : 0..<0 }

    init(of table: Table) throws(ArrowError) {
        for batch in table.batches {
            sums.rows += batch.count
            sums.id += try integers("id", batch)
            sums.time += try numbers("time", batch)
            sums.level += try numbers("level", batch)
            sums.drift += try numbers("drift", batch)
            sums.phase += try numbers("phase", batch)
            try labels("label", batch)
            sums.flags += try flags("flag", batch)
        }
    }

    private mutating func integers(_ name: String, _ batch: RecordBatch) throws(ArrowError) -> Int {
        let column = try batch.column(name)
        let values = try column.span(as: Int64.self)
        take(name, values)
        var total = 0
        for index in values.indices { total &+= Int(values[index]) }
        return total
    }

    private mutating func numbers(
        _ name: String, _ batch: RecordBatch
    ) throws(ArrowError) -> Double {
        let column = try batch.column(name)
        let values = try column.span(as: Double.self)
        take(name, values)
        var total = 0.0
        for index in values.indices { total += values[index] }
        return total
    }

    private mutating func labels(_ name: String, _ batch: RecordBatch) throws(ArrowError) {
        var digest = running[name] ?? XXH64()
        for case .some(let label) in try batch.column(name).blobs() {
            note(label.address, label.count)
            digest.update(label.span)
        }
        running[name] = digest
    }

    private mutating func flags(_ name: String, _ batch: RecordBatch) throws(ArrowError) -> Int {
        let bits = try batch.column(name).bits()
        var digest = running[name] ?? XXH64()
        var packed: [UInt8] = []
        packed.reserveCapacity(bits.count / 8 + 1)
        for start in stride(from: 0, to: bits.count, by: 8) {
            var byte: UInt8 = 0
            for bit in 0..<min(8, bits.count - start) where bits[start + bit] { byte |= 1 << bit }
            packed.append(byte)
        }
        digest.update(packed.span)
        running[name] = digest
        return bits.setCount
    }

    private mutating func take<T: ArrowPrimitive>(_ name: String, _ values: Span<T>) {
        // Sound: the span is alive during the call, and any memory may be read as bytes.
        unsafe values.withUnsafeBytes { raw in
            note(UInt(bitPattern: raw.baseAddress), raw.count)
            let bytes = unsafe raw.bindMemory(to: UInt8.self)
            running[name, default: XXH64()].update(unsafe bytes.span)
        }
    }

    private mutating func note(_ start: UInt, _ count: Int) {
        low = min(low, start)
        high = max(high, start + UInt(count))
    }
}
