import Foundation
import Synchronization

/// A real nats-server on a loopback address of its own, at a port that the server chose, with
/// JetStream in a temporary folder. The port stays free for it while it is stopped.
///
/// The binary is looked for at `NATS_SERVER`, on the PATH, then in `.tools/venv/bin`, where
/// `make setup` puts it. Readiness is read from the server's log; nothing sleeps or guesses.
package final class NATSServerFixture: Sendable {
    /// Path of the binary; nil when there is none on this machine.
    package static let binary: String? = {
        let candidates = [
            Environment.value("NATS_SERVER"), Environment.executable(named: "nats-server"),
            PackageRoot.file(".tools/venv/bin/nats-server"),
        ]
        return candidates.compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    package static var isPresent: Bool { binary != nil }

    /// Why tests that need a server are skipped.
    package static let absence = "no nats-server: run `make setup`, or set NATS_SERVER"

    /// The address that it listens on, in numbers.
    package let host: String
    /// The port for clients. It stays the same over a restart.
    package let port: Int
    package let directory: TemporaryDirectory
    private let jetStream: Bool
    private let readyMark: String
    private let process: Mutex<ChildProcess?>

    private init(
        host: String, port: Int, directory: TemporaryDirectory, jetStream: Bool,
        readyMark: String, process: ChildProcess
    ) {
        self.host = host
        self.port = port
        self.directory = directory
        self.jetStream = jetStream
        self.readyMark = readyMark
        self.process = Mutex(process)
    }

    /// `nats://host:port`
    package var url: String { "nats://\(address)" }

    /// `host:port`, as events name a server.
    package var address: String { "\(Self.bracketed(host)):\(port)" }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }

    /// The server's process number; nil while it is stopped.
    package var processID: Int32? { process.withLock { $0?.processID } }

    /// What the server has logged since its last start.
    package var log: [String] { process.withLock { $0?.log.lines ?? [] } }

    /// Waits until the server has logged so many lines with this text since its last start.
    package func logged(_ mark: String, times: Int = 1) async throws {
        guard let log = process.withLock({ $0?.log }) else { return }
        var place = 0
        for _ in 0..<times {
            guard let line = try await log.first(from: place, where: { $0.contains(mark) }) else {
                throw FixtureError("nats-server ended before \"\(mark)\"")
            }
            place = line.number + 1
        }
    }

    /// Whether the server is running.
    /// - Throws: `FixtureError` with the end of its log when it has ended by itself.
    package func isRunning() throws -> Bool {
        guard let log = process.withLock({ $0?.log }) else { return false }
        guard !log.hasEnded else {
            throw FixtureError(
                "nats-server ended:\n\(log.lines.suffix(20).joined(separator: "\n"))")
        }
        return true
    }

    /// Starts a server.
    /// - Parameters:
    ///   - jetStream: whether it has JetStream, with a store of at most 1 GB.
    ///   - config: more text for its configuration file, such as `max_payload: 4096`.
    ///   - host: the loopback address to listen on.
    ///   - readyMark: what the server logs when all that it is to do has begun.
    package static func start(
        jetStream: Bool = true, config: String = "", host: String = LoopbackAddress.unused(),
        readyMark: String = "Server is ready"
    ) async throws -> NATSServerFixture {
        let directory = try TemporaryDirectory()
        try write(config, jetStream, to: directory)
        let (process, port) = try await launch(
            directory, host: host, port: nil, until: readyMark)
        return NATSServerFixture(
            host: host, port: port, directory: directory, jetStream: jetStream,
            readyMark: readyMark, process: process)
    }

    private static func write(
        _ config: String, _ jetStream: Bool, to directory: TemporaryDirectory
    ) throws {
        var text = "debug: true\nlogtime: false\n\(config)\n"
        if jetStream {
            text += "jetstream { store_dir: \"\(directory.file("store"))\", max_file: 1GB }\n"
        }
        try TestFile.write(text, to: directory.file("server.conf"))
    }

    /// Starts a server for as long as the body runs.
    package static func run<Result>(
        jetStream: Bool = true, config: String = "",
        host: String = LoopbackAddress.unused(),
        _ body: (NATSServerFixture) async throws -> Result
    ) async throws -> Result {
        let server = try await start(jetStream: jetStream, config: config, host: host)
        do {
            let result = try await body(server)
            try await server.stop()
            return result
        } catch {
            try? await server.stop()
            throw error
        }
    }

    /// Ends the server in its orderly way. Stopping a stopped server does nothing.
    package func stop() async throws {
        try await take()?.stop()
    }

    /// Ends the server at once, as a crash would.
    package func kill() async throws {
        try await take()?.kill()
    }

    /// Starts the server again on the same port with the same store, after `stop` or `kill`; a
    /// running one is stopped first.
    package func restart() async throws {
        try await stop()
        let (started, _) = try await Self.launch(
            directory, host: host, port: port, until: readyMark)
        process.withLock { $0 = started }
    }

    /// Gives the server other text for its configuration file, in force when this returns if it
    /// runs (SIGHUP), and at its next start if it does not.
    package func reload(config: String) async throws {
        try Self.write(config, jetStream, to: directory)
        try await signal(SIGHUP, until: "Reloaded server configuration")
    }

    /// Has the server leave in its orderly way (SIGUSR2): it tells its clients at once, closes
    /// them over its `lame_duck_duration` after a grace period, and ends.
    package func enterLameDuck() async throws {
        try await signal(SIGUSR2, until: "Entering lame duck mode")
    }

    /// What the server has logged about clients that broke the protocol since its last start.
    package var protocolErrors: [String] {
        let marks = ["parser error", "processpub", "maximum control line", "violation"]
        return log.filter { line in
            let text = line.lowercased()
            return marks.contains { text.contains($0) }
        }
    }

    /// Sends a signal, and waits for a line that the server logs after it.
    private func signal(_ number: Int32, until mark: String) async throws {
        guard let process = process.withLock({ $0 }) else { return }
        let before = process.log.lines.count
        process.signal(number)
        let line = try await process.log.first(from: before) { $0.contains(mark) }
        guard line != nil else { throw FixtureError("nats-server ended before \"\(mark)\"") }
    }

    /// Sends a signal to the running server, such as SIGSTOP or SIGUSR2 (lame duck).
    package func signal(_ number: Int32) {
        process.withLock { $0 }?.signal(number)
    }

    private func take() -> ChildProcess? {
        process.withLock { process in
            defer { process = nil }
            return process
        }
    }

    private static func launch(
        _ directory: TemporaryDirectory, host: String, port: Int?, until readyMark: String
    ) async throws -> (ChildProcess, Int) {
        guard let binary else { throw FixtureError(absence) }
        let process = try await ChildProcess(
            binary,
            ["-a", host, "-p", String(port ?? -1), "-c", directory.file("server.conf")])
        let ready = try await process.log.first { $0.contains(readyMark) }
        let marker = "Listening for client connections on \(bracketed(host)):"
        let line = process.log.lines.first { $0.contains(marker) }
        guard ready != nil, let text = line?.split(separator: ":").last, let port = Int(text)
        else {
            let log = process.log.lines.suffix(20).joined(separator: "\n")
            try? await process.kill()
            throw FixtureError("nats-server did not become ready:\n\(log)")
        }
        return (process, port)
    }
}
