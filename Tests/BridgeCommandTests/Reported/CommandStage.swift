import BridgeBytes
import BridgeJSON
import Foundation
import NATSCore
import NATSWire
import TestKit

/// A nats-server, the file server as a command, and the program's other commands beside them: what
/// a user has.
struct CommandStage: Sendable {
    let nats: NATSServerFixture
    /// The file server's address.
    let store: String
    let folder: TemporaryDirectory
    private let executable: String

    /// Lends both servers.
    /// - Parameters:
    ///   - config: More text for the configuration of the nats-server.
    ///   - serve: More options of the file server.
    static func run(
        config: String = "", serve: [String] = [],
        _ body: (CommandStage) async throws -> Void
    ) async throws {
        guard let executable = CommandRun.executable else { throw FixtureError(CommandRun.absence) }
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run(config: config) { nats in
            let files = try await ChildProcess(
                executable, ["serve", "--port", "0", "--directory", folder.file("files")] + serve)
            guard let line = try await files.log.first(where: { $0.hasPrefix("http://") }) else {
                throw FixtureError("serve ended: \(files.log.lines)")
            }
            try await body(
                CommandStage(nats: nats, store: line.text, folder: folder, executable: executable))
            try await files.stop()
        }
    }

    /// Runs `send` with both servers.
    func send(_ words: String..., server: String? = nil) async throws -> CommandRun {
        try await CommandRun.run(
            ["send"] + words + ["--server", server ?? nats.url, "--store", store])
    }

    /// Runs `receive -n COUNT` of the subject `s`, has messages published when it listens, and
    /// waits for its end.
    /// - Parameters:
    ///   - words: More of the command line, as a shell reads it.
    ///   - limits: What the shell does before.
    /// - Returns: The exit code, and all lines of both outputs.
    func receive(
        _ messages: [String], _ words: String = "", limits: String = ""
    ) async throws -> (status: Int?, lines: [String]) {
        let script =
            "\(limits)'\(executable)' receive s -n \(messages.count) --server \(nats.url) \(words)"
        let process = try await ChildProcess(
            "/usr/bin/env",
            ["XDG_CONFIG_HOME=\(folder.path)", "/bin/sh", "-c", "\(script); echo \"exit $?\""])
        _ = try await process.log.first { $0.hasPrefix("listening on ") }
        let client = try await NATSClient.connect(NATSClientOptions(servers: [nats.url]))
        for message in messages { try client.publish(Bytes(utf8: message), to: "s") }
        try await client.flush()
        _ = try await within("receive") { try await process.log.first { _ in false } }
        await client.close()
        let lines = process.log.lines
        let status = lines.last { $0.hasPrefix("exit ") }.flatMap { Int($0.dropFirst(5)) }
        return (status, lines)
    }

    /// Stores so many zeros, a megabyte at a time.
    func put(_ path: String, zeros size: Int) throws {
        guard let port = URL(string: store)?.port,
            let connection = ScriptedConnection(connectingTo: port)
        else { throw FixtureError("nobody listens at \(store)") }
        connection.send("PUT \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
        let piece = [UInt8](repeating: 0, count: 1_000_000)
        for start in stride(from: 0, to: size, by: piece.count) {
            connection.send(Array(piece.prefix(size - start)))
        }
        guard let head = connection.readHead(), head.contains(" 201 ") else {
            throw FixtureError("it was not stored")
        }
    }

    /// What the file server has stored.
    var uploads: Int {
        get throws {
            let path = folder.file("files/objects")
            return try FileManager.default.contentsOfDirectory(atPath: path).count
        }
    }
}
