import BridgeBytes
import BridgeClaims
import HTTPWire
import MessagingBenchmarks

/// Download of one large file from a server of its own process by one, two and four connections at
/// a time, in turns: the CPU figure is that of the receiver.
enum RangeBenchmark {
    static func run(url: String, size: Int) async throws {
        let store = try FileServerStore(baseURL: HTTPURL(HTTPURL(url).origin.description))
        func fetch(_ connections: Int, _ number: Int) async throws {
            var request = ClaimDownload(url: url, expectedSize: size)
            request.maxConnections = connections
            // Also where a single connection is fast: that is what is to be compared.
            request.fastRate = .max
            let cpu = ProcessUse.cpu
            let start = ProcessUse.now
            let bytes = try await store.download(request)
            guard bytes.count == size else { throw BenchmarkFailure("not all bytes came") }
            let wall = ProcessUse.now - start
            let after = ProcessUse.cpu
            print(
                """
                {"benchmark":"http.ranges.\(connections)","run":\(number),"n":\(size),\
                "secs":\(wall),"cpu_s":\(after.user + after.system - cpu.user - cpu.system)}
                """)
        }
        for number in 0..<6 {
            for connections in [1, 2, 4] { try await fetch(connections, number) }
        }
    }
}
