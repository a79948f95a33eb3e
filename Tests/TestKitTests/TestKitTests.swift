import BridgeBytes
import Foundation
import TestKit
import Testing

@Suite struct TestKitTests {
    @Test func splitsKeepTheInputAndCutEverywhere() {
        let input = Bytes(utf8: "PING\r\nPONG\r\n")
        var firstLengths: Set<Int> = []
        var names: Set<String> = []
        for feed in Splits.of(input) {
            #expect(feed.pieces.flatMap { [UInt8]($0) } == [UInt8](input), "\(feed)")
            #expect(feed.pieces.allSatisfy { !$0.isEmpty }, "\(feed)")
            firstLengths.insert(feed.pieces[0].count)
            names.insert(feed.description)
        }
        #expect(firstLengths == Set(1...input.count))
        #expect(names.isSuperset(of: ["whole", "byte by byte", "cut at 5", "cut at 4, 6"]))
    }

    @Test(arguments: [0, 1, 2, 3])
    func splitsOfVeryShortInputs(count: Int) {
        let input = Bytes([UInt8](repeating: 7, count: count))
        for feed in Splits.of(input) {
            #expect(feed.pieces.reduce(0) { $0 + $1.count } == count)
        }
    }

    @Test func aSeedRepeatsItsSequence() {
        var first = SeededGenerator(seed: 1)
        var second = SeededGenerator(seed: 1)
        var other = SeededGenerator(seed: 2)
        let values = first.bytes(100)
        #expect(values == second.bytes(100))
        #expect(values != other.bytes(100))
        #expect(values.count == 100)
    }

    @Test func temporaryDirectoriesGo() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let file = try #require(directory?.file("a.txt"))
        try TestFile.write("text", to: file)
        #expect(try TestFile.text(file) == "text")
        directory = nil
        #expect(!TestFile.exists(file))
    }

    @Test func aBoundedWaitEnds() async {
        await #expect(throws: TimeIsUp.self) {
            try await within(limit: .milliseconds(1)) {
                for await _ in AsyncStream<Void>.makeStream().stream {}
            }
        }
    }
}

@Suite(.needsNATSServer) struct NATSServerFixtureTests {
    @Test func startsStopsAndStartsAgainOnItsPort() async throws {
        let server = try await NATSServerFixture.start(config: "max_payload: 4096")
        let port = server.port
        #expect(port > 0)
        #expect(server.log.contains { $0.contains("Starting JetStream") })
        #expect(server.processID != nil)
        try await server.kill()
        #expect(server.processID == nil)
        try await server.restart()
        #expect(server.port == port)
        #expect(server.log.contains { $0.contains("Server is ready") })
        try await server.stop()
    }

    @Test func `a server that cannot have its route port says so at the start`() async throws {
        // Taken as a client's own port is: by connecting, with no word about reuse.
        let other = try ScriptedServer { connection, _ in connection.readToEnd() }
        let taken = try #require(ScriptedConnection(connectingTo: other.port)).localPort
        await #expect {
            _ = try await NATSServerFixture.start(
                jetStream: false, config: "cluster { name: c, listen: \"127.0.0.1:\(taken)\" }",
                host: "127.0.0.1", readyMark: "Listening for route connections")
        } throws: { "\($0)".contains("Error listening on router port") }
    }

    @Test func `a port on an address of one's own is nobody else's`() async throws {
        let other = try ScriptedServer { connection, _ in connection.readToEnd() }
        let taken = try #require(ScriptedConnection(connectingTo: other.port)).localPort
        let host = LoopbackAddress.unused()
        #expect(LoopbackAddress.unused() != host)
        let server = try await NATSServerFixture.start(
            jetStream: false, config: "cluster { name: c, listen: \"\(host):\(taken)\" }",
            host: host, readyMark: "Listening for route connections")
        #expect(try server.isRunning())
        server.signal(SIGKILL)
        try await within("the end of a server") {
            while case .some(true) = try? server.isRunning() { await Task.yield() }
        }
        #expect { try server.isRunning() } throws: { "\($0)".contains("Server is ready") }
        try await server.stop()
        #expect(try !server.isRunning())
    }

    @Test func loadsOtherConfigurationWhileItRuns() async throws {
        try await NATSServerFixture.run(config: "max_payload: 4096") { server in
            func info() throws -> String {
                let connection = try #require(
                    ScriptedConnection(connectingTo: server.port, host: server.host))
                return try #require(connection.readLine())
            }
            #expect(try info().contains("\"max_payload\":4096"))
            try await server.reload(config: "max_payload: 8192")
            #expect(try info().contains("\"max_payload\":8192"))
            try await server.restart()
            #expect(try info().contains("\"max_payload\":8192"))
        }
    }

    @Test(arguments: ["PUB a 2\r\nabc\r\n", "PUB a -1\r\n", "NONSENSE\r\n"])
    func tellsWhoBreaksTheProtocol(frames: String) async throws {
        try await NATSServerFixture.run { server in
            let connection = try #require(
                ScriptedConnection(connectingTo: server.port, host: server.host))
            #expect(connection.readLine()?.hasPrefix("INFO ") == true)
            connection.send("CONNECT {\"verbose\":false}\r\nPING\r\n")
            while let line = connection.readLine(), line != "PONG" {}
            #expect(server.protocolErrors.isEmpty)
            connection.send(frames)
            connection.readToEnd()
            try await within("the log") {
                while server.protocolErrors.isEmpty {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
    }

    @Test func tellsItsClientsThatItWillStop() async throws {
        try await NATSServerFixture.run { server in
            let connection = try #require(
                ScriptedConnection(connectingTo: server.port, host: server.host))
            #expect(connection.readLine()?.hasPrefix("INFO ") == true)
            connection.send("CONNECT {\"verbose\":false,\"protocol\":1}\r\nPING\r\n")
            while let line = connection.readLine(), line != "PONG" {}
            try await server.enterLameDuck()
            let told = try await within("INFO") {
                while let line = connection.readLine() {
                    if line.contains("\"ldm\":true") { return true }
                }
                return false
            }
            #expect(told)
        }
    }

    @Test func aBadConfigurationIsReportedWithTheServersWords() async throws {
        await #expect(throws: FixtureError.self) {
            _ = try await NATSServerFixture.start(config: "max_payload: what")
        }
    }
}
