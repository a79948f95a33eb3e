import BridgeBytes
import BridgeHTTP
import MessagingBenchmarks
import NATSBridge
import NATSCore
import NATSWire

/// The paths through the file server and the bridge; both ends are in the process.
struct CountedTransfers {
    private let client: NATSClient
    private let server: FileServer
    private let http: HTTPClient

    init(_ client: NATSClient, folder: String) async throws {
        self.client = client
        var options = FileServerOptions(directory: folder)
        options.isDurable = false
        server = try await FileServer.start(options)
        http = try HTTPClient()
    }

    func close() async {
        http.close()
        await server.stop()
    }

    func paths() throws -> [CountedPath] {
        [
            put("small", 1000, count: 300), try get("small", 1000, count: 300),
            put("large", 8 << 20, count: 10), try get("large", 8 << 20, count: 10),
            try bridge("direct", 1000, count: 1000), try bridge("link", 4 << 20, count: 10),
        ]
    }

    private typealias Slack = [WorkCounters.Kind: Double]
    // Many threads have a part in each transfer, and how they meet differs.
    private static let small: Slack = [.allocations: 4, .calls: 1.5, .wakeUps: 1]
    private static let large: Slack = [.allocations: 10, .calls: 20, .wakeUps: 6]
    private static let link: Slack = [.allocations: 14, .calls: 15, .wakeUps: 4]

    private func url(_ id: String) throws -> HTTPURL {
        try HTTPURL("\(server.baseURL)/f/\(id)/blob")
    }

    private static func id() -> String {
        var generator = SystemGenerator()
        return UniqueID.hex128(using: &generator)
    }

    private func upload(_ body: Bytes, _ id: String) async throws {
        let answer = try await http.send(
            HTTPRequest("PUT", try url(id)), body: .segments(Segments(body)))
        guard answer.isSuccess else { throw BenchmarkFailure("PUT: \(answer.status)") }
        _ = try await answer.collect(limit: 1 << 16)
    }

    private func put(_ name: String, _ size: Int, count: Int) -> CountedPath {
        let body = Bytes([UInt8](repeating: 0x5A, count: size))
        return CountedPath(
            name: "http.put.\(name)", unit: .transfer, count: count,
            slack: name == "small" ? Self.small : Self.large
        ) { count in
            for _ in 0..<count { try await upload(body, Self.id()) }
        }
    }

    private func get(_ name: String, _ size: Int, count: Int) throws -> CountedPath {
        let body = Bytes([UInt8](repeating: 0x5A, count: size))
        let id = Self.id()
        let url = try url(id)
        return CountedPath(
            name: "http.get.\(name)", unit: .transfer, count: count,
            slack: name == "small" ? Self.small : Self.large
        ) { units in
            if units < count { try await upload(body, id) }
            for _ in 0..<units {
                let answer = try await http.send(HTTPRequest("GET", url))
                guard try await answer.collect(limit: size).count == size else {
                    throw BenchmarkFailure("GET: not all of \(size) bytes")
                }
            }
        }
    }

    private func bridge(_ name: String, _ size: Int, count: Int) throws -> CountedPath {
        var options = BridgeOptions()
        options.store = try .fileServer(server.baseURL)
        let bridge = Bridge(client: client, options: options)
        let subject = try Subject("count.bridge.\(name)")
        let messages = bridge.messages(on: SubjectPattern(subject))
        let payload = Payload("x", .bytes(Bytes([UInt8](repeating: 7, count: size))))
        return CountedPath(
            name: "bridge.\(name)", unit: .message, count: count,
            slack: name == "direct" ? [.allocations: 1, .calls: 0.25, .wakeUps: 0.25] : Self.link
        ) { count in
            async let taken: Void = {
                var left = count
                for try await message in messages {
                    guard message["x"]?.bytes.count == size else {
                        throw BenchmarkFailure("not all of \(size) bytes")
                    }
                    left -= 1
                    if left == 0 { return }
                }
            }()
            for _ in 0..<count {
                try await bridge.send([payload], to: subject)
            }
            try await taken
        }
    }
}
