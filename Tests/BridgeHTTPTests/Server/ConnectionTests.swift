import BridgeBytes
import BridgeHTTP
import Foundation
import HTTPWire
import TestKit
import Testing

/// The rules of the connection itself, over real sockets (failures.md F1, F3, F5, F8, F9, F11).
@Suite struct ConnectionTests {
    @Test func `pipelined requests are answered in order`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                var bytes: [UInt8] = []
                for number in 0..<200 {
                    let (id, body) = (TestID.of(number), String(number))
                    bytes += Array(
                        ("PUT /f/\(id)/x HTTP/1.1\r\nHost: a\r\n"
                            + "Content-Length: \(body.utf8.count)\r\n\r\n"
                            + "\(body)GET /f/\(id)/x HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
                }
                client.send(bytes)
                for number in 0..<200 {
                    let put = try client.answer(to: "PUT")
                    let got = try client.answer()
                    #expect(put.status == 201 && got.text == String(number))
                }
            }
        }
    }

    @Test func `many pipelined requests that are answered at once do not pile up`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                client.send(String(repeating: request, count: 5000))
                for _ in 0..<5000 {
                    let answer = try client.answer()
                    #expect(answer.status == 200)
                }
            }
            #expect(running.server.counters.healthChecks == 5000)
            #expect(running.server.counters.requests == 0)
        }
    }

    @Test func `whoever expects 100 gets it before the body`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                client.send(
                    "PUT /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                        + "Expect: 100-continue\r\n\r\n"
                )
                #expect(try client.interim() == 100)
                client.send("hello")
                let answer = try client.answer(to: "PUT")
                #expect(answer.status == 201 && answer.isReusable)
            }
        }
    }

    @Test(arguments: [
        ("Content-Length: 99999999999999\r\nExpect: 100-continue", 413),
        ("Content-Length: 5\r\nExpect: 200-ok", 417),
        ("Content-Length: 5\r\nExpect: 100-continue\r\nContent-Range: bytes 0-4/10", 400),
    ])
    func `a body that will not be taken is refused instead of asked for`(
        _ fields: String, _ status: Int
    ) async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                client.send("PUT /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
                let answer = try client.answer(to: "PUT")
                #expect(answer.status == status && answer.interim.isEmpty)
                #expect(!answer.isReusable)
                #expect(try client.isClosedByPeer())
            }
            #expect(running.objectFiles.isEmpty)
        }
    }

    @Test func `a small body that nobody wants does not cost the connection`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                let refused = try client.request("PUT", "/nowhere", body: Array("hello".utf8))
                #expect(refused.status == 404 && refused.isReusable)
                #expect(try client.request("GET", "/healthz").status == 200)
            }
        }
    }

    @Test func `a connection of HTTP 1_0 closes unless it asks otherwise`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let first = try client.answer()
                #expect(first.status == 200)
                #expect(first.fields["Connection"] == "keep-alive")
                client.send("GET /healthz HTTP/1.0\r\n\r\n")
                #expect(try client.answer().fields["Connection"] == "close")
                #expect(try client.isClosedByPeer())
            }
        }
    }

    @Test func `an upload that breaks off leaves nothing`() async throws {
        let running = try await RunningServer()
        for cut in [1, 100_000, 3_000_000] {
            try await running.client { client throws in
                client.send(
                    "PUT /f/\(TestID.of(cut))/x HTTP/1.1\r\nHost: a\r\n"
                        + "Content-Length: 4000000\r\nExpect: 100-continue\r\n\r\n"
                )
                #expect(try client.interim() == 100)
                client.send([UInt8](repeating: 1, count: cut))
                if cut == 100_000 { client.resetOnClose() }
            }
        }
        try await running.client { client throws in
            client.send(
                "PUT /f/\(TestID.of(9))/x HTTP/1.1\r\nHost: a\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX"
            )
            client.endWriting()
            #expect(try client.isClosedByPeer())
        }
        await running.server.stop()
        #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
        #expect(running.server.stored.bytes == 0)
        #expect(running.server.counters.filesStored == 0)
    }

    @Test func `a broken chunk ends the upload and the connection`() async throws {
        try await RunningServer.with { running in
            try await running.client { client throws in
                client.send(
                    "PUT /f/\(TestID.of(1))/x HTTP/1.1\r\nHost: a\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"
                        + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                )
                #expect(try client.answer(to: "PUT").status == 400)
                #expect(try client.isClosedByPeer())
            }
            #expect(running.server.counters.healthChecks == 0)
            #expect(running.server.counters.malformed == 1)
        }
    }

    @Test func `a slow head is cut off`() async throws {
        try await RunningServer.with { options in
            options.headTimeout = .seconds(1)
        } _: { running in
            try await running.client { client throws in
                client.send("GET /healthz HTTP/1.1\r\nHo")
                #expect(try client.answer().status == 408)
                #expect(try client.isClosedByPeer())
            }
        }
    }

    @Test func `one connection too many is told so`() async throws {
        try await RunningServer.with { options in
            options.maximumConnections = 2
        } _: { running in
            let port = running.port
            try await running.client { first throws in
                #expect(try first.request("GET", "/healthz").status == 200)
                var second = try RawClient(port: port)
                #expect(try second.request("GET", "/healthz").status == 200)
                var third = try RawClient(port: port)
                let answer = try third.answer()
                #expect(answer.status == 503 && answer.fields["Retry-After"] == "1")
                #expect(try first.request("GET", "/healthz").status == 200)
            }
            #expect(running.server.counters.connectionsRefused == 1)
        }
    }

    @Test(arguments: [
        ("GET", "/nowhere", 404), ("PATCH", "/f/x", 405), ("TRACE", "/", 501),
        ("PUT", "/healthz", 405), ("POST", "/f/a/b", 400), ("OPTIONS", "*", 204),
        ("GET", "/f/../x", 400), ("GET", "/f/%zz", 400), ("GET", "/f/x#y", 400),
        ("PUT", "/f/short/x", 400), ("GET", "/f/short/x", 404),
        ("GET", "http://other/healthz", 200), ("GET", "/readyz", 200), ("GET", "/metrics", 200),
        ("PUT", "/metrics", 405),
    ])
    func `methods and paths have their statuses`(
        _ method: String, _ target: String, _ status: Int
    ) async throws {
        try await RunningServer.with { running in
            let answer = try await running.client { client throws in
                client.send("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.answer(to: method)
            }
            #expect(answer.status == status)
            if status == 405 { #expect(answer.fields["Allow"] != nil) }
        }
    }
}

/// The shared vectors against a running server.
@Suite(.needsSharedData) struct ServerVectorTests {
    private static func rows(_ file: String) -> [[String: Any]] {
        guard let text = try? TestFile.text(SharedData.path("http/\(file).jsonl")) else {
            return []
        }
        return text.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    @Test func `each raw request gets one of its statuses`() async throws {
        try await RunningServer.with { running in
            var count = 0
            for row in Self.rows("requests") {
                guard let raw = (row["raw_b64"] as? String).flatMap({ Data(base64Encoded: $0) }),
                    let name = row["name"] as? String, let allowed = row["status"] as? [Int]
                else { continue }
                count += 1
                // At a path where uploads are taken, so that the body is read and judged.
                let text = String(decoding: raw, as: UTF8.self)
                let bytes =
                    text.hasPrefix("PUT /u/x ")
                    ? Array("PUT /f/\(TestID.of(count))/x ".utf8) + raw.dropFirst(9) : [UInt8](raw)
                let method = text.hasPrefix("PUT") ? "PUT" : "GET"
                let isOpen = row["verdict"] as? String == "either"
                let connection = isOpen ? nil : row["connection"] as? String
                let answer = try await running.client { client throws in
                    client.send(bytes)
                    if name == "expect-100" { return (try client.interim(), true) }
                    let answer = try client.answer(to: method)
                    return switch connection {
                    case "close": (answer.status, try client.isClosedByPeer())
                    case "keep":
                        (answer.status, try client.request("GET", "/healthz").status == 200)
                    default: (answer.status, true)
                    }
                }
                #expect(allowed.contains(answer.0), "\(name) got \(answer.0)")
                #expect(answer.1, "\(name): the connection should \(connection ?? "")")
            }
            #expect(count > 70)
            #expect(await running.leavesNoParts())
        }
    }

    @Test func `no target leads out of the store`() async throws {
        try await RunningServer.with { running in
            let before = TestFile.names(in: running.folder.path)
            let targets = Self.rows("targets").compactMap { $0["target"] as? String }
            #expect(targets.count > 20)
            try await running.client { _ in }
            for target in targets {
                for (method, length) in [("GET", 0), ("PUT", 1), ("POST", 1), ("DELETE", 0)] {
                    let answer = try await running.client { client throws in
                        client.send(
                            "\(method) \(target) HTTP/1.1\r\nHost: a\r\n"
                                + "Content-Length: \(length)\r\n\r\n"
                                + String(repeating: "x", count: length))
                        return try client.answer(to: method)
                    }
                    #expect([201, 400, 403, 404, 405, 414].contains(answer.status), "\(target)")
                }
            }
            #expect(TestFile.names(in: running.folder.path) == before)
            for name in running.objectFiles { #expect(name.utf8.count == 32) }
        }
    }

    @Test func `each range gets its part`() async throws {
        try await RunningServer.with { running in
            let digits = Array("0123456789".utf8)
            for row in Self.rows("ranges") {
                guard let range = row["range"] as? String, let size = row["size"] as? Int,
                    let status = row["status"] as? Int
                else { continue }
                let path = "/f/\(TestID.of(size))/x"
                let body = Array(digits[..<size])
                let answer = try await running.client { client throws in
                    _ = try client.request("PUT", path, body: body)
                    return try client.request("GET", path, fields: ["Range: \(range)"])
                }
                if let first = row["first"] as? Int, let last = row["last"] as? Int {
                    #expect(answer.status == 206 && answer.body == Array(digits[first...last]))
                    #expect(answer.fields["Content-Range"] == "bytes \(first)-\(last)/\(size)")
                } else if range.contains(",") {
                    #expect(answer.status == 200 && answer.body == body, "\(range)")
                } else {
                    #expect(answer.status == status, "\(range)")
                    if status == 416 {
                        #expect(answer.fields["Content-Range"] == "bytes */\(size)")
                    }
                }
            }
        }
    }
}
