import ArrowIPC
import BridgeBytes

/// libFuzzer's entry: whatever the bytes, a reader gives batches, then a typed error or the end.
///
/// Each input is read whole and, cut where its first bytes say, piece by piece; both must give
/// the same. Every batch is validated, walked value by value, written again and read again. What
/// must not be so ends the process, which is how libFuzzer notices.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArrowStream(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Sound: libFuzzer lends `count` bytes for the time of the call, and they are copied.
    let input = unsafe Bytes([UInt8](UnsafeBufferPointer(start: start, count: count)))
    let whole = readWhole(input)
    let pieces = readPieces(input)
    precondition(whole == pieces, "the reader and the decoder differ: \(whole), \(pieces)")
    return 0
}

/// What came of reading a stream.
private struct Outcome: Equatable {
    var rows: [Int] = []
    var error: ArrowError?
}

private func readWhole(_ input: Bytes) -> Outcome {
    var outcome = Outcome()
    do throws(ArrowError) {
        var reader = try StreamReader(input, salvagesFiles: true)
        while let batch = try reader.next() {
            outcome.rows.append(batch.count)
            exercise(batch)
        }
    } catch { outcome.error = error }
    return outcome
}

private func readPieces(_ input: Bytes) -> Outcome {
    var outcome = Outcome()
    var decoder = StreamDecoder(salvagesFiles: true)
    // Byte by byte when the input begins with a zero, else in pieces of that size.
    let size = Swift.max(1, input.isEmpty ? 1 : Int(input.span[input.count / 2]))
    do throws(ArrowError) {
        var position = 0
        while position < input.count {
            let end = Swift.min(input.count, position + size)
            decoder.feed(input[position..<end])
            position = end
            while let batch = try decoder.next() { outcome.rows.append(batch.count) }
        }
        decoder.finish()
        while let batch = try decoder.next() { outcome.rows.append(batch.count) }
    } catch { outcome.error = error }
    return outcome
}

private func exercise(_ batch: RecordBatch) {
    var isValid = true
    do throws(ArrowError) { try batch.validate(full: true) } catch { isValid = false }
    var walk = Walk()
    for column in batch.columns { walk.column(column, depth: 0) }
    precondition(!isValid || walk.refusals == 0, "a valid batch refused a value")
    _ = batch.description
    let middle = batch.count / 2
    for part in [batch, batch[middle..<batch.count], batch[0..<middle]] {
        do throws(ArrowError) {
            let again = try Table(ipcStream: try part.ipcStream())
            precondition(again.count == part.count, "rows were lost in writing")
        } catch { precondition(!isValid || error.code == .limitExceeded, "\(error)") }
    }
}

/// Looks at every value, up to a number of them: lists may share items, so that few bytes can
/// stand for very many values.
private struct Walk {
    var refusals = 0
    private var left = 20_000

    mutating func column(_ column: Column, depth: Int) {
        for position in 0..<column.count where left > 0 {
            left -= 1
            do throws(ArrowError) { try value(column, position, depth) } catch { refusals += 1 }
        }
    }

    private mutating func value(
        _ column: Column, _ position: Int, _ depth: Int
    ) throws(ArrowError) {
        if column.isNull(at: position) { return }
        switch column.type {
        case .utf8, .largeUTF8, .utf8View: _ = try column.text(at: position)
        case .binary, .largeBinary, .binaryView, .fixedSizeBinary, .interval:
            _ = try column.bytes(at: position)
        case .decimal: _ = try column.decimalText(at: position)
        case .bool: _ = try column.bits()[position]
        case .list, .largeList, .listView, .largeListView, .fixedSizeList, .map:
            if let items = try column.list(at: position) { self.column(items, depth: depth + 1) }
        case .structure:
            for child in column.children { try value(child, position, depth + 1) }
        case .union, .dictionary, .runEndEncoded:
            let place = try column.resolved(at: position)
            try value(place.column, place.position, depth + 1)
        case .float64: _ = try column.number(Double.self, at: position)
        case .int64, .timestamp: _ = try column.number(Int64.self, at: position)
        default: break
        }
    }
}
