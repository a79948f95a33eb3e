import BridgeBytes
import BridgeHTTP
import HTTPWire
import MessagingBenchmarks

/// Upload and download of one large body, client and file server in one process: the CPU figure
/// is that of both ends.
enum HTTPBenchmark {
    static func run(directory: String, megabytes: Int) async throws {
        var options = FileServerOptions(directory: directory)
        options.isDurable = false
        let server = try await FileServer.start(options)
        let client = try HTTPClient()
        let size = megabytes << 20
        let bytes = Bytes([UInt8](repeating: 0x5A, count: size))
        var number = 0
        func url() throws -> HTTPURL {
            let digits = String(number, radix: 16)
            let id = String(repeating: "0", count: 32 - digits.count) + digits
            return try HTTPURL("\(server.baseURL)/f/\(id)/blob")
        }
        try await Measurement(name: "http.put", count: size, unit: .byte, repetitions: 5).run {
            number += 1
            let answer = try await client.send(
                HTTPRequest("PUT", try url()), body: .segments([bytes]))
            guard answer.isSuccess else { throw BenchmarkFailure("PUT: \(answer.status)") }
            _ = try await answer.collect(limit: 1 << 16)
        }
        try await Measurement(name: "http.get", count: size, unit: .byte, repetitions: 5).run {
            let answer = try await client.send(HTTPRequest("GET", try url()))
            let body = try await answer.collect(limit: size)
            guard body.count == size else { throw BenchmarkFailure("GET: \(body.count) bytes") }
        }
        client.close()
        await server.stop()
    }
}
