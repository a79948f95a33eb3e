// Rows of a structure as a table, from one service to another. Small tables travel inside the
// message, large ones by the file server; the receiver need not care.
//
//     TableExchange nats://127.0.0.1:4222 http://127.0.0.1:8080
import ExampleKit
import NATSBridge

struct Measurement: Codable, Equatable {
    var id: Int64
    var place: String?
    var values: [Double]
    var at: Timestamp
}

func rows(_ count: Int) -> [Measurement] {
    (0..<count).map { index in
        let start: Int64 = 1_700_000_000_000
        return Measurement(
            id: Int64(index), place: index % 3 == 0 ? nil : "place \(index % 7)",
            values: Array([0, 0.5, 1].prefix(index % 4)),
            at: Timestamp(milliseconds: start + Int64(index) * 1000))
    }
}

let (server, store) = (CommandLine.arguments[1], CommandLine.arguments[2])
let sizes = [3, 100_000]

try await Bridge.withBridge(server, store: .fileServer(store)) { receiver in
    let tables = receiver.messages(on: "tables")
    try await receiver.client.flush()

    try await Bridge.withBridge(server, store: .fileServer(store)) { sender in
        for size in sizes {
            try await sender.send(
                ["rows": .table(rows: rows(size)), "size": "\(size)"], to: "tables")
        }
        check(sender.statistics.uploads == 1, "\(sender.statistics)")
    }

    var ways: [Transport] = []
    for try await message in tables {
        let size = sizes[ways.count]
        guard let payload = message["rows"], let table = payload.table else { break }
        check(message["size"]?.text == "\(size)", "\(message)")
        check(try payload.rows(Measurement.self) == rows(size), "other rows than were sent")
        // Columns are views of what came: nothing is copied for this sum.
        let ids = try table.column("id").values(as: Int64.self)
        check(ids.reduce(0, +) == Int64(size) * Int64(size - 1) / 2, "another sum")
        ways.append(payload.transport)
        if ways.count == sizes.count { break }
    }
    check(ways == [.direct, .link], "\(ways)")
    check(receiver.statistics.bytesDownloaded > 1_000_000, "\(receiver.statistics)")
    say("\(sizes) rows, \(ways)")
}
