// A table in a file that pyarrow reads, and one that pyarrow wrote. pyarrow_check.py is the other
// side.
//
//     ArrowFile write table.arrows
//     python pyarrow_check.py table.arrows back.arrow
//     ArrowFile read back.arrow
import ArrowIPC
import ExampleKit
import Glibc

struct Reading: Codable, Equatable {
    var sensor: String
    var value: Double?
    var tags: [String]
    var at: Timestamp
}

let readings = (0..<1000).map { index in
    let start: Int64 = 1_700_000_000_000
    return Reading(
        sensor: "sensor \(index % 5)", value: index % 10 == 0 ? nil : Double(index) / 4,
        tags: Array(["tag 0", "tag 1"].prefix(index % 3)),
        at: Timestamp(milliseconds: start + Int64(index)))
}

let (command, path) = (CommandLine.arguments[1], CommandLine.arguments[2])
if command == "write" {
    try Table(rows: readings).ipcStream().write(toFile: path)
    say("\(readings.count) rows written")
} else {
    // Only the pages that are used are read from the disk.
    let table = try Table(ipcStream: try Bytes(mappingFile: path))
    check(try table.rows(as: Reading.self) == readings, "other rows than were written")
    let doubled = try table.column("doubled").values(as: Double?.self)
    check(doubled[1] == 0.5 && doubled[10] == nil, "pyarrow's own column")
    say("\(table.count) rows read")
}
