import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON

/// libFuzzer's entry: whatever the bytes, what they hold is printed within its budget or refused
/// before the first byte.
///
/// The input is a stream or, salvaged, a file. Its JSON is written in pieces of a bounded size,
/// which together are what `PrintedSize` allowed, and are JSON; an output that takes no more ends
/// the writing. The tables for people are made at a width that the input's size says. What must not
/// be so ends the process, which is how libFuzzer notices.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArrowPrint(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Sound: libFuzzer lends `count` bytes for the time of the call, and they are copied.
    let input = unsafe Bytes([UInt8](UnsafeBufferPointer(start: start, count: count)))
    guard var reader = try? StreamReader(input, salvagesFiles: true) else { return 0 }
    var batches: [RecordBatch] = []
    while let batch = try? reader.next() { batches.append(batch) }
    guard let table = try? Table(schema: reader.schema, batches: batches) else {
        preconditionFailure("the batches of a stream make no table")
    }
    show(table, width: count % 120)
    printJSON(table)
    return 0
}

private func show(_ table: Table, width: Int) {
    let text = table.formatted(TableFormat(rows: 20, tail: 5, width: width))
    checkHarmless(text)
    var description = TableDescription(table.schema, limits: smallLimits())
    do throws(ArrowError) {
        for batch in table.batches { try description.add(batch) }
        for line in try description.lines(TableFormat(width: width)) { checkHarmless(line) }
    } catch {
        // Its values are invalid, or share too much.
    }
}

private func checkHarmless(_ text: String) {
    precondition(
        text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F },
        "an excerpt steers the terminal")
}

/// Small, so that inputs of some hundred bytes reach them.
private func smallLimits() -> ArrowLimits {
    var limits = ArrowLimits.default
    limits.printedAllowance = 256 << 10
    limits.maxPrintedRatio = 0
    return limits
}

/// Most bytes of JSON for a byte that `PrintedSize` reckons: a value is two, and an interval of
/// extremes is 80.
private let mostForAByte = 40

private func printJSON(_ table: Table) {
    let limits = smallLimits()
    do throws(ArrowError) { try PrintedSize.check(table, limits: limits) } catch { return }
    var total = 0
    var text: [UInt8] = []
    var output = JSONPieces { piece in
        precondition(piece.count <= 2 * JSONPieces.pieceSize, "a piece is not bounded")
        total += piece.count
        if total <= 4 << 20 { text += piece }
        return true
    }
    do throws(ArrowError) { try ArrowJSONForm.write(table, into: &output) } catch {
        preconditionFailure("a checked table cannot be printed: \(error)")
    }
    output.finish()
    var head = JSONPieces()
    ArrowJSONForm.begin(table.schema, into: &head)
    let schemaSize = head.writer.count
    // Each batch has the names of its columns, and its own metadata.
    let names = schemaSize * (1 + table.batches.count)
    let notes = table.batches.reduce(0) { total, batch in
        (batch.metadata?.entries ?? []).reduce(total + 100) { $0 + 6 * "\($1)".utf8.count + 40 }
    }
    precondition(
        total <= mostForAByte * limits.printedAllowance + names + notes,
        "more is printed than allowed")
    if total <= 4 << 20 {
        var limits = JSONLimits.default
        limits.maxDepth = 1_000
        precondition(
            (try? JSONParser.parse(text.span, limits: limits)) != nil, "the output is no JSON")
    }
    refuse(table, after: total / 2)
}

/// An output that takes no more, such as a pipe whose reader has gone.
private func refuse(_ table: Table, after limit: Int) {
    var taken = 0
    var output = JSONPieces { piece in
        taken += piece.count
        return taken < limit
    }
    do throws(ArrowError) { try ArrowJSONForm.write(table, into: &output) } catch {
        precondition(error.code == .cancelled, "\(error)")
    }
    precondition(taken <= limit + 3 * JSONPieces.pieceSize, "the writing went on")
}
