import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// What a request demands of what is stored holds when it is stored, not only when it began
/// (failures.md F10).
@Suite(.patient) struct ConditionalWriteTests {
    private static let path = "/f/\(TestID.of(1))/x"
    private static let token = "X-UploadToken: 0123456789abcdef"

    @Test func `of writers that change one version exactly one wins`() async throws {
        try await RunningServer.with { running in
            let port = running.port
            try await running.client { client throws in
                var tag = try client.request("PUT", Self.path, fields: [Self.token], body: [0])
                    .fields["ETag"]
                for round in 1...5 {
                    var writers: [Writer] = []
                    for number in 0..<8 {
                        writers.append(try Writer(port, tag ?? "", UInt8(round * 10 + number)))
                    }
                    // All of them have been let in, since the condition held for each.
                    let statuses = try writers.map { try $0.finish() }
                    #expect(statuses.filter { $0 == 200 }.count == 1)
                    #expect(statuses.filter { $0 == 412 }.count == 7)
                    let got = try client.request("GET", Self.path)
                    let winner = statuses.firstIndex(of: 200) ?? -1
                    #expect(got.body == [UInt8(round * 10 + winner)])
                    tag = got.fields["ETag"]
                }
            }
            #expect(await running.leavesNoParts())
        }
    }

    @Test func `a condition on what was deleted meanwhile fails`() async throws {
        try await RunningServer.with { running in
            let port = running.port
            try await running.client { client throws in
                let put = try client.request("PUT", Self.path, fields: [Self.token], body: [0])
                let writer = try Writer(port, put.fields["ETag"] ?? "", 1)
                #expect(
                    try client.request("DELETE", Self.path, fields: [Self.token]).status == 204)
                #expect(try writer.finish() == 412)
                #expect(try client.request("GET", Self.path).status == 404)
            }
        }
    }

    /// An upload that has been let in and waits for its one byte.
    private final class Writer {
        private var client: RawClient
        private let byte: UInt8

        init(_ port: Int, _ tag: String, _ byte: UInt8) throws {
            client = try RawClient(port: port)
            self.byte = byte
            client.send("PUT \(path) HTTP/1.1\r\nHost: a\r\n\(token)\r\nIf-Match: \(tag)\r\n")
            client.send("Content-Length: 1\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.interim() == 100)
        }

        func finish() throws -> Int {
            client.send([byte])
            return try client.answer(to: "PUT").status
        }
    }
}
