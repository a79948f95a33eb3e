import BridgeBytes
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// Zero, negative and enormous arguments: a typed error or a sensible meaning, never a trap.
@Suite(.patient) struct ClientArgumentsTests {
    private typealias Change = @Sendable (inout HTTPClientOptions) -> Void

    @Test("Options that cannot be meant are refused when the client is made")
    func refused() {
        let changes: [Change] = [
            { $0.connectTimeout = .zero }, { $0.firstByteTimeout = .seconds(-1) },
            { $0.headTimeout = .zero }, { $0.idleTimeout = .seconds(Int64.min) },
            { $0.rateWindow = .zero }, { $0.totalTimeout = .zero },
            { $0.idleConnectionTimeout = .seconds(-1) }, { $0.connectionsPerOrigin = 0 },
            { $0.connectionsPerOrigin = .min }, { $0.bodyHighWater = 0 },
            { $0.mappedBodySize = -1 }, { $0.privateBodyMemory = -1 },
            { $0.keptBodyTime = .seconds(-1) }, { $0.leastRate = -1 },
            { $0.userAgent = "a\r\nb: c" },
            { $0.userAgent = "" },
        ]
        for (index, change) in changes.enumerated() {
            var options = HTTPClientOptions()
            change(&options)
            do {
                _ = try HTTPClient(options)
                Issue.record("change \(index) was taken")
            } catch {
                #expect(error.reason == .badOptions, "change \(index)")
            }
        }
    }

    @Test("Enormous options are as good as none")
    func enormous() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        var options = HTTPClientOptions()
        let longest = Duration.seconds(Int64.max) * 10
        options.connectTimeout = longest
        options.firstByteTimeout = longest
        options.headTimeout = longest
        options.idleTimeout = longest
        options.rateWindow = longest
        options.totalTimeout = longest
        options.idleConnectionTimeout = longest
        options.connectionsPerOrigin = .max
        options.bodyHighWater = .max
        options.mappedBodySize = .max
        options.privateBodyMemory = .max
        options.keptBodyTime = longest
        options.leastRate = .max
        let client = try HTTPClient(options)
        for host in ["127.0.0.1", "localhost"] {
            let url = try HTTPURL("http://\(host):\(server.port)/x")
            let response = try await client.send(HTTPRequest("GET", url), within: longest)
            #expect(try await response.collect(limit: .max) == Bytes(utf8: "ok"))
        }
        options.mappedBodySize = 0
        let mapping = try HTTPClient(options)
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/x")
        let response = try await mapping.send(HTTPRequest("GET", url))
        #expect(try await response.collect(limit: 2) == Bytes(utf8: "ok"))
    }

    @Test("Requests that cannot be sent fail, and none begins when its time is over")
    func requests() async throws {
        let server = try ScriptedServer { connection, _ in _ = connection.readRequest() }
        let client = try HTTPClient()
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/x")
        func code(
            _ request: HTTPRequest, _ body: HTTPBody = .none, within time: Duration? = nil
        ) async -> HTTPError.Reason? {
            do {
                _ = try await client.send(request, body: body, within: time)
                return nil
            } catch {
                return error.reason
            }
        }
        let empty = AsyncStream<Bytes> { $0.finish() }
        for method in ["", "GET /", "G\r\nT"] {
            #expect(await code(HTTPRequest(method, url)) == .badRequest)
        }
        #expect(
            await code(HTTPRequest("PUT", url), .stream(length: -1, empty)) == .badRequest)
        for time in [Duration.zero, .seconds(-1), .seconds(Int64.min)] {
            #expect(await code(HTTPRequest("GET", url), within: time) == .totalTimeout)
        }
        #expect(server.connectionCount == 0)
    }

    @Test("A body that is over a limit of nothing or less is refused, an empty one is taken")
    func limits() async throws {
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                if head.contains("/none") {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                } else if head.contains("/known") {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                } else {
                    connection.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
                }
            }
        }
        let client = try HTTPClient()
        for limit in [0, -1, .min] {
            for path in ["none", "known", "unknown"] {
                let url = try HTTPURL("http://127.0.0.1:\(server.port)/\(path)")
                let response = try await client.send(HTTPRequest("GET", url))
                do throws(HTTPError) {
                    #expect(try await response.collect(limit: limit) == Bytes())
                    #expect(path == "none")
                } catch {
                    #expect(path != "none" && error.reason == .bodyTooLarge)
                }
            }
        }
    }

    @Test("The options of a file server that cannot be meant are refused, enormous ones are not")
    func serverOptions() async throws {
        let folder = try TemporaryDirectory()
        let changes: [@Sendable (inout FileServerOptions) -> Void] = [
            { $0.port = -1 }, { $0.port = 65_536 }, { $0.port = .max },
            { $0.timeToLive = .zero }, { $0.maximumTimeToLive = .seconds(-1) },
            { $0.tombstoneTime = .seconds(-1) }, { $0.sweepInterval = .zero },
            { $0.headTimeout = .zero }, { $0.idleTimeout = .zero },
            { $0.keepAliveTimeout = .zero }, { $0.maximumFileSize = -1 },
            { $0.maximumStoredBytes = .min }, { $0.maximumConnections = 0 },
            { $0.minimumRate = -1 }, { $0.publicBaseURL = "http://a\r\nb" },
            { $0.publicBaseURL = "http://u:p@a" }, { $0.publicBaseURL = "http://a/?q" },
        ]
        for (index, change) in changes.enumerated() {
            var options = FileServerOptions(directory: folder.path)
            change(&options)
            do {
                _ = try await FileServer.start(options)
                Issue.record("change \(index) was taken")
            } catch {
                #expect(error.code == .invalidArgument, "change \(index)")
            }
        }
        var options = FileServerOptions(directory: folder.path)
        let longest = Duration.seconds(Int64.max) * 10
        options.timeToLive = longest
        options.maximumTimeToLive = longest
        options.tombstoneTime = longest
        options.sweepInterval = longest
        options.headTimeout = longest
        options.idleTimeout = longest
        options.keepAliveTimeout = longest
        options.maximumFileSize = .max
        options.maximumStoredBytes = .max
        options.maximumConnections = .max
        options.minimumRate = .max
        let server = try await FileServer.start(options)
        let client = try HTTPClient()
        let id = String(repeating: "a", count: 32)
        let url = try HTTPURL("\(server.baseURL)/f/\(id)/x")
        let stored = try await client.send(
            HTTPRequest("PUT", url), body: .segments([Bytes(utf8: "kept")]))
        #expect(stored.status == 201)
        let fetched = try await client.send(HTTPRequest("GET", url))
        #expect(try await fetched.collect(limit: 10) == Bytes(utf8: "kept"))
    }
}
