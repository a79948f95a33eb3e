import BridgeBytes
import BridgeConsole
import BridgeJSON
import Foundation
import TestKit
import Testing

/// Faults that were reported of stores and of the file server, on the way that users take.
@Suite(
    .patient, .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct ReportedStoreTests {
    @Test func `what is over the store's limit is no reason to try again`() async throws {
        try await CommandStage.run(serve: ["--max-size", "1KB"]) { stage in
            let text = "a:text=" + String(repeating: "x", count: 3000)
            let run = try await stage.send("s", text, "--threshold", "1", "--json")
            #expect(run.status == 6, "\(run.errors)")
            #expect(try run.json().last?["error"] == "too_large")
        }
    }

    @Test(arguments: [500, 503, 429])
    func `a store that is busy to the end is a passing failure`(_ status: Int) async throws {
        let store = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\n{}")
            }
        }
        try await NATSServerFixture.run(jetStream: false) { nats in
            let run = try await CommandRun.run([
                "send", "s", "a:text=hello", "--threshold", "1", "--server", nats.url,
                "--store", "http://127.0.0.1:\(store.port)", "--max-retries", "1",
            ])
            #expect(run.status == 5, "\(run.errors)")
        }
    }

    @Test func `a bit that flipped at rest is no download`() async throws {
        try await CommandStage.run { stage in
            let identifier = String(repeating: "c", count: 32)
            try stage.put("/f/\(identifier)/x", zeros: 200_000)
            let path = stage.folder.file("files/objects/\(identifier)")
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            let end = try file.seekToEnd()
            try file.seek(toOffset: end - 5000)
            try file.write(contentsOf: Data([1]))
            try file.close()
            let run = try await CommandRun.run([
                "fetch", "\(stage.store)/f/\(identifier)/x", "--store", stage.store,
                "--max-retries", "1", "-o", stage.folder.file("out"),
            ])
            #expect(run.status != 0, "\(run.output)")
            #expect(!FileManager.default.fileExists(atPath: stage.folder.file("out")))
        }
    }

    /// One download and one upload are under way when the signal comes.
    @Test(arguments: [SIGTERM, SIGINT])
    func `what is under way is finished at the end of serve`(_ signal: Int32) async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        let process = try StartedProgram.start(
            executable, ["serve", "--port", "0", "--directory", folder.file("files")],
            capture: .output)
        var lines = process.lines.makeAsyncIterator()
        let url = try #require(await lines.next())
        let port = try #require(URL(string: url)?.port)
        let connections = try (0..<3).map { _ in
            try #require(ScriptedConnection(connectingTo: port))
        }
        let (size, id) = (20_000_000, String(repeating: "d", count: 32))
        connections[0].send(
            "PUT /f/\(id)/x HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
        connections[0].send([UInt8](repeating: 1, count: size))
        #expect(connections[0].readHead()?.contains(" 201 ") == true)

        let late = String(repeating: "e", count: 32)
        connections[1].send(
            "PUT /f/\(late)/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        connections[1].send([UInt8](repeating: 1, count: 999))
        connections[2].send("GET /f/\(id)/x HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(connections[2].readHead()?.contains(" 200 ") == true)
        process.signal(signal)
        // It takes no new connections from then on.
        while ScriptedConnection(connectingTo: port) != nil { await Task.yield() }
        #expect(connections[2].read(size).count == size)
        connections[1].send([1])
        #expect(connections[1].readHead()?.contains(" 201 ") == true)
        let status = try await within("the end") { await process.exitStatus() }
        #expect(status == (signal == SIGTERM ? 0 : 130))
    }

    @Test func `an address that no client can use wants another one for links`() async throws {
        let folder = try TemporaryDirectory()
        let run = try await CommandRun.run([
            "serve", "--host", "0.0.0.0", "--port", "0", "--directory", folder.file("files"),
        ])
        #expect(run.status == 2 && run.errors.contains("--public-url"), "\(run.errors)")
    }

    @Test func `a server is known by the name that both sides use`() async throws {
        try await CommandStage.run { stage in
            let port = try #require(URL(string: stage.store)?.port)
            let store = "http://localhost:\(port)"
            let sent = try await CommandRun.run([
                "send", "s", "a:text=hello", "--threshold", "1", "--no-publish", "--json",
                "--server", stage.nats.url, "--store", store,
            ])
            let payload = try #require(sent.json().last?["payloads"]?.arrayValue?.first)
            let link = try #require(payload["data"]?.stringValue)
            let message = PeerEnvelope.text(PeerEnvelope.payload("text", "", link: link))
            let run = try await stage.receive([message], "--store \(store) --json")
            #expect(run.status == 0, "\(run.lines)")
        }
    }

    @Test func `a page of an allowed origin may read links, others not`() async throws {
        let origin = "http://dash.example"
        try await CommandStage.run(serve: ["--allow-browser", origin]) { stage in
            let path = "/f/\(String(repeating: "a", count: 32))/x"
            try stage.put(path, zeros: 5)
            let port = try #require(URL(string: stage.store)?.port)
            for from in [origin, "http://evil.example"] {
                let connection = try #require(ScriptedConnection(connectingTo: port))
                connection.send(
                    "OPTIONS \(path) HTTP/1.1\r\nHost: x\r\nOrigin: \(from)\r\n"
                        + "Access-Control-Request-Method: GET\r\n"
                        + "Access-Control-Request-Headers: range\r\n\r\n")
                let preflight = try #require(connection.readHead()).lowercased()
                connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\nOrigin: \(from)\r\n\r\n")
                let answer = try #require(connection.readHead()).lowercased()
                let mark = "access-control-allow-origin: \(origin)\r\n"
                #expect(preflight.contains(mark) == (from == origin))
                #expect(answer.contains(mark) == (from == origin) && answer.contains(" 200 "))
                guard from == origin else { continue }
                #expect(preflight.contains("range") && answer.contains("vary: origin"))
                #expect(answer.contains("etag") && answer.contains("content-range"))
            }
        }
    }

    /// By the answer's own clock, whatever the time is here: a date that has passed is no wait, and
    /// the command's time is not over meanwhile.
    @Test func `a date to come again at is reckoned by the answer's clock`() async throws {
        let store = try ScriptedServer { connection, _ in
            var isFirst = true
            while connection.readRequest() != nil {
                connection.send(
                    isFirst
                        ? "HTTP/1.1 503 X\r\nDate: Fri, 13 Mar 2093 07:02:50 GMT\r\n"
                            + "Retry-After: Fri, 13 Mar 2093 06:02:50 GMT\r\n"
                            + "Content-Length: 0\r\n\r\n"
                        : "HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\nx")
                isFirst = false
            }
        }
        let base = "http://127.0.0.1:\(store.port)"
        let run = try await CommandRun.run([
            "fetch", "\(base)/f/x", "--store", base, "-o", "-", "--timeout", "8s",
        ])
        #expect(run.status == 0 && run.output == "x", "\(run.errors)")
    }

    /// `script` lends the command a terminal.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func `a download shows at a terminal how far it is`() async throws {
        let executable = try #require(CommandRun.executable)
        let gate = DispatchSemaphore(value: 0)
        let size = 2_000_000
        let store = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 X\r\nContent-Length: \(size)\r\n\r\n")
                connection.send([UInt8](repeating: 0, count: size / 2))
                gate.wait()
                connection.send([UInt8](repeating: 0, count: size / 2))
            }
        }
        let base = "http://127.0.0.1:\(store.port)"
        let folder = try TemporaryDirectory()
        let words = "\(executable) fetch \(base)/f/x --store \(base) -o \(folder.file("out"))"
        // The line at a terminal is written over and over; here each of them is one of its own.
        let split = "perl -e '$|=1; $/=\"\\r\"; print \"$_\\n\" while <STDIN>'"
        let process = try await ChildProcess(
            "/bin/sh", ["-c", "script -qec '\(words); echo exit $?' /dev/null | \(split)"])
        let half = try await process.log.first { $0.contains("50 %") }
        #expect(half?.text.contains("1.00 MB of 2.00 MB") == true, "\(process.log.lines)")
        gate.signal()
        let end = try await process.log.first { $0.contains("exit ") }
        #expect(end?.text.contains("exit 0") == true)
    }
}
