import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import NATSBridge
import NATSCore
import NATSJetStream
import NATSObjectStore
import Synchronization
import TestKit
import Testing

/// Gateways whose engines fail, or are away.
@Suite(.patient) struct GatewayFaultTests {
    /// An engine in memory that fails as a test says.
    private final class ScriptedEngine: GatewayEngine {
        struct Script: Sendable {
            var failsToFind: GatewayFailure?
            /// How many bytes of a body come before it fails; nil: all.
            var bodyBytes: Int?
            /// How many bytes of an upload are taken before it fails; nil: all.
            var uploadBytes: Int?
            var uploadFailure = GatewayFailure(.full, .storageFull, "full")
            var mostWaiting = 0
        }

        let script = Mutex<Script>(Script())
        private let objects = Mutex<[GatewayPlace: (GatewayObject, Bytes)]>([:])
        let name = "scripted"
        let uploadMemory: Int
        /// How many uploads have begun.
        let begun = Atomic(0)

        init(uploadMemory: Int = 1 << 20) { self.uploadMemory = uploadMemory }

        func find(_ place: GatewayPlace) async throws(GatewayFailure) -> GatewayObject? {
            if let failure = script.withLock({ $0.failsToFind }) { throw failure }
            return objects.withLock { $0[place]?.0 }
        }

        func body(
            of object: GatewayObject, _ range: Range<Int>,
            whenOver: (@Sendable (_ isWhole: Bool) -> Void)?
        ) async throws(GatewayFailure) -> ServerAnswer.Body {
            let bytes = objects.withLock { $0[object.place]?.1 } ?? Bytes()
            let limit = script.withLock { $0.bodyBytes } ?? .max
            return .stream(
                AnswerStream(size: range.count) { stream in
                    let part = bytes[range]
                    try await stream.send(part[0..<min(limit, part.count)])
                    guard limit >= part.count else {
                        throw GatewayFailure(.unavailable, .unavailable, "lost")
                    }
                })
        }

        func store(
            _ upload: UploadPipe, in place: GatewayPlace, _ facts: GatewayFacts
        ) async throws(GatewayFailure) {
            let (limit, failure) = script.withLock { ($0.uploadBytes ?? .max, $0.uploadFailure) }
            begun.add(1, ordering: .relaxed)
            var pieces = Segments()
            while let piece = try await upload.next() {
                pieces.append(piece)
                if pieces.byteCount > limit { throw failure }
            }
            let object = GatewayObject(
                place, size: pieces.byteCount, version: "1",
                modified: Timestamp(seconds: 1_790_000_000),
                facts: facts)
            let bytes = pieces.joined()
            objects.withLock { $0[place] = (object, bytes) }
        }

        func remove(_ place: GatewayPlace) async throws(GatewayFailure) -> Bool {
            objects.withLock { $0.removeValue(forKey: place) != nil }
        }
    }

    private static let path = "/f/\(String(repeating: "0b", count: 16))/x"

    private static func run(
        _ engine: ScriptedEngine = ScriptedEngine(),
        _ body: (ScriptedEngine, Gateway, HTTPClient) async throws -> Void
    ) async throws {
        let gateway = try await Gateway.start(FileServerOptions(directory: ""), engine: engine)
        do { try await body(engine, gateway, try HTTPClient()) } catch {
            await gateway.stop()
            throw error
        }
        await gateway.stop()
    }

    private static func status(
        _ client: HTTPClient, _ gateway: Gateway, _ method: String, _ path: String,
        _ body: HTTPBody = .none
    ) async throws -> Int {
        let url = try HTTPURL(gateway.baseURL + path)
        let answer = try await client.send(HTTPRequest(method, url), body: body)
        _ = try await answer.collect(limit: 16 << 20)
        return answer.status
    }

    @Test func `an engine that is away is no absence`() async throws {
        try await Self.run { engine, gateway, client async throws in
            let bytes = Bytes([UInt8](repeating: 3, count: 200_000))
            #expect(
                try await Self.status(client, gateway, "PUT", Self.path, .segments([bytes])) == 201)
            #expect(try await Self.status(client, gateway, "GET", "/readyz") == 200)
            for (kind, status) in [(GatewayFailure.Kind.unavailable, 503), (.refused, 502)] {
                engine.script.withLock {
                    $0.failsToFind = GatewayFailure(kind, .unavailable, "away")
                }
                for method in ["GET", "HEAD", "DELETE", "PUT"] {
                    var fields = FieldList()
                    fields.append("X-UploadToken", "0123456789abcdef")
                    let url = try HTTPURL(gateway.baseURL + Self.path)
                    let answer = try await client.send(HTTPRequest(method, url, fields: fields))
                    _ = try await answer.collect(limit: 1 << 20)
                    #expect(answer.status == status)
                }
            }
            #expect(try await Self.status(client, gateway, "GET", "/healthz") == 200)
            let isTold = await Pace.until(patience) {
                (try? await Self.status(client, gateway, "GET", "/readyz")) == 503
            }
            #expect(isTold)
            engine.script.withLock { $0.failsToFind = nil }
            #expect(try await Self.status(client, gateway, "GET", Self.path) == 200)
        }
    }

    @Test func `a body that the engine loses is cut`() async throws {
        try await Self.run { engine, gateway, client async throws in
            let bytes = Bytes([UInt8](repeating: 3, count: 200_000))
            #expect(
                try await Self.status(client, gateway, "PUT", Self.path, .segments([bytes])) == 201)
            for count in [0, 1, 199_999] {
                engine.script.withLock { $0.bodyBytes = count }
                await #expect(throws: HTTPError.self) {
                    _ = try await Self.status(client, gateway, "GET", Self.path)
                }
            }
            engine.script.withLock { $0.bodyBytes = nil }
            #expect(try await Self.status(client, gateway, "GET", Self.path) == 200)
        }
    }

    @Test(arguments: [0, 5_000_000])
    func `an engine that refuses in the middle of an upload is told at once`(
        taken: Int
    ) async throws {
        try await Self.run { engine, gateway, client async throws in
            engine.script.withLock { $0.uploadBytes = taken }
            // Far more than waits anywhere, so that nothing but the refusal can end it.
            let piece = Bytes([UInt8](repeating: 3, count: 1 << 20))
            let body = Segments([Bytes](repeating: piece, count: 64))
            #expect(
                try await Self.status(client, gateway, "PUT", Self.path, .segments(body)) == 507)
            #expect(try await Self.status(client, gateway, "GET", Self.path) == 404)
            engine.script.withLock { $0.uploadBytes = nil }
            #expect(
                try await Self.status(client, gateway, "PUT", Self.path, .segments(body)) == 201)
        }
    }

    @Test func `uploads that would take too much memory together wait their turn outside`()
        async throws
    {
        // Two of them fit into 512 MiB.
        let engine = ScriptedEngine(uploadMemory: 200 << 20)
        try await Self.run(engine) { engine, gateway, client async throws in
            let paths = (0...3).map { "/f/\(String(repeating: "0\($0)", count: 16))/x" }
            var ends: [AsyncStream<Bytes>.Continuation] = []
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...2 {
                    let (pieces, end) = AsyncStream<Bytes>.makeStream()
                    end.yield(Bytes([1]))
                    ends.append(end)
                    group.addTask {
                        try await Self.status(
                            client, gateway, "PUT", paths[number], .stream(length: 2, pieces))
                    }
                }
                let haveBegun = await Pace.until(patience) {
                    engine.begun.load(ordering: .relaxed) == 2
                }
                #expect(haveBegun)
                let body = HTTPBody.segments([Bytes([1, 2])])
                #expect(try await Self.status(client, gateway, "PUT", paths[3], body) == 503)
                for end in ends {
                    end.yield(Bytes([2]))
                    end.finish()
                }
                for try await status in group { #expect(status == 201) }
                #expect(try await Self.status(client, gateway, "PUT", paths[3], body) == 201)
            }
        }
    }

    @Test func `a gateway goes on with no upload, and says so`() async throws {
        try await Self.run { _, gateway, client async throws in
            let url = try HTTPURL(gateway.baseURL + Self.path)
            let answer = try await client.send(
                HTTPRequest("PATCH", url), body: .segments([Bytes([1])]))
            #expect(answer.status == 405)
            let allowed = answer.fields["Allow"] ?? ""
            #expect(!allowed.contains("PATCH") && allowed.contains("PUT"))
        }
    }

    @Test func `a gateway without its NATS is not ready`() async throws {
        let server = try await NATSServerFixture.start()
        let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
        var settings = JetStreamOptions()
        settings.timeout = .milliseconds(500)
        let bucket = try await JetStream(client: client, options: settings)
            .createObjectStore(ObjectStoreConfiguration(bucket: "PAYLOADS"))
        let gateway = try await Gateway.start(
            FileServerOptions(directory: ""), engine: ObjectEngine(bucket))
        let web = try HTTPClient()
        #expect(try await Self.status(web, gateway, "GET", "/readyz") == 200)
        try await server.stop()
        let isTold = await Pace.until(patience) {
            (try? await Self.status(web, gateway, "GET", "/readyz")) == 503
        }
        #expect(isTold)
        #expect(try await Self.status(web, gateway, "GET", Self.path) == 503)
        await gateway.stop()
        await client.close()
    }
}
