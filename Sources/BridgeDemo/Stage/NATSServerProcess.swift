internal import BridgeBytes
package import BridgeConsole
internal import BridgeSockets
internal import Glibc

/// A nats-server of the demo's own: on a free port of this machine, JetStream in a directory of
/// its own, stopped when the demo ends.
package struct NATSServerProcess: Sendable {
    package let url: String
    package let version: String
    private let process: StartedProgram

    /// Lines of the server's log that an error quotes.
    private static let quotedLines = 3

    private init(port: String, version: String, process: StartedProgram) {
        url = "nats://127.0.0.1:\(port)"
        self.version = version
        self.process = process
    }

    /// Starts the server and returns once it says that it is ready. The port is the kernel's
    /// choice (`-p -1`), read from the server's own log.
    package static func start(directory: String) async throws(CommandFailure) -> NATSServerProcess {
        guard let binary = locate() else {
            throw CommandFailure(
                .other, code: .demoFailed, stage: "start", target: "nats-server",
                detail: "not found",
                hint:
                    "put it on the PATH, name it in NATS_SERVER (make setup fetches one for a"
                    + " clone), or name a running server with --server")
        }
        let process = try StartedProgram.start(
            binary, ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", directory], capture: .errors)
        var log: [String] = []
        var port: String?
        var version = "?"
        for await line in process.lines {
            log.append(line)
            if let range = line.firstPlace(of: "Version:") {
                version = line[range.upperBound...].trimmingBlanks
            } else if let range = line.firstPlace(of: "client connections on 127.0.0.1:") {
                port = line[range.upperBound...].trimmingBlanks
            } else if line.holds("Server is ready"), let port {
                drain(process)
                return NATSServerProcess(port: port, version: version, process: process)
            }
        }
        await process.stop()
        throw CommandFailure(
            .other, code: .demoFailed, stage: "start", target: binary,
            detail: "ended before it was ready: "
                + log.suffix(quotedLines).joined(separator: " | "))
    }

    package func stop() async { await process.stop() }

    /// Reads the log on, so that the server never waits for its reader.
    private static func drain(_ process: StartedProgram) {
        Task { for await _ in process.lines {} }
    }

    /// The binary: `NATS_SERVER`, then the PATH, then the project's own tools.
    private static func locate() -> String? {
        if let named = ProcessEnvironment.value("NATS_SERVER") {
            return ThisProgram.isExecutable(named) ? named : nil
        }
        var candidates = (ProcessEnvironment.value("PATH") ?? "").split(separator: ":")
            .map { "\($0)/nats-server" }
        candidates.append(".tools/venv/bin/nats-server")
        // The executable lies in .build/<triple>/<configuration>/ below the package's root.
        var path = ThisProgram.executablePath ?? ""
        while let slash = path.lastIndex(of: "/") {
            path = String(path[..<slash])
            candidates.append("\(path)/.tools/venv/bin/nats-server")
        }
        return candidates.first(where: ThisProgram.isExecutable)
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
