import ArrowIPC
import BridgeBytes

/// libFuzzer's entry: whatever the bytes, a file gives batches or a typed error, and what it gives
/// is printed within bounds.
///
/// Each input is read by its footer, batch by batch and as a table, and both must give the same. It
/// is salvaged as well. Tables are shown, their size in print is reckoned, and they are written as
/// a file that must be read again. What must not be so ends the process, which is how libFuzzer
/// notices.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArrowFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Sound: libFuzzer lends `count` bytes for the time of the call, and they are copied.
    let input = unsafe Bytes([UInt8](UnsafeBufferPointer(start: start, count: count)))
    readByFooter(input)
    if let salvaged = try? Table.salvage(ipcFile: input) { show(salvaged.table) }
    return 0
}

private func readByFooter(_ input: Bytes) {
    guard let file = try? FileReader(input) else {
        precondition((try? Table(ipcFile: input)) == nil, "a table without its reader")
        return
    }
    var rows: [Int]? = []
    for index in 0..<file.batchCount {
        guard let batch = try? file.batch(at: index) else {
            rows = nil
            continue
        }
        rows?.append(batch.count)
    }
    let table = try? file.table()
    precondition(table?.batches.map(\.count) == rows, "the batches and the table differ")
    if let table {
        show(table)
        writeAgain(table)
    }
}

/// Longest line of a table that is shown in a hundred columns: its bytes, not its characters.
private let longestShown = 64 << 10

private func show(_ table: Table) {
    let text = table.formatted(TableFormat(rows: 20, tail: 5, width: 100))
    precondition(text.utf8.count < longestShown, "an excerpt is longer than its lines")
    precondition(
        text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 },
        "an excerpt steers the terminal")
    var limits = ArrowLimits.default
    limits.printedAllowance = 1 << 20
    do throws(ArrowError) { try PrintedSize.check(table, limits: limits) } catch { return }
    var description = TableDescription(table.schema)
    for batch in table.batches where batch.count < 100_000 {
        // What was checked can be described.
        do throws(ArrowError) { try description.add(batch) } catch {
            preconditionFailure("a checked table cannot be described: \(error)")
        }
    }
}

private func writeAgain(_ table: Table) {
    let isValid = (try? table.validate(full: true)) != nil
    do throws(ArrowError) {
        let again = try Table(ipcFile: try table.ipcFile())
        precondition(again.count == table.count, "rows were lost in writing")
    } catch {
        precondition(
            !isValid || error.code == .limitExceeded || error.code == .unsupportedFeature
                || error.code == .invalidBatch, "\(error)")
    }
}
