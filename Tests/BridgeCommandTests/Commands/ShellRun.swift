import Foundation
import TestKit

/// Command lines as a person types them into a shell, in a folder of their own, where `natsbridge`
/// is the built program and both servers are those of the test.
struct ShellRun: Sendable {
    let folder: TemporaryDirectory
    let server: String
    let store: String

    init(server: String, store: String = "http://127.0.0.1:9") throws {
        folder = try TemporaryDirectory()
        self.server = server
        self.store = store
    }

    /// Runs lines to their end.
    @discardableResult
    func run(_ script: String, shell: String = "/bin/bash") async throws -> CommandRun {
        for name in ["out", "err"] {
            _ = FileManager.default.createFile(atPath: outputs.file(name), contents: nil)
        }
        let process = try SpawnedProcess(
            shell, ["-c", script], environment: variables, in: folder.path,
            output: FileHandle(forWritingAtPath: outputs.file("out")),
            errors: FileHandle(forWritingAtPath: outputs.file("err")))
        let status = try await within(script) { await process.end() }
        return CommandRun(
            status: status,
            output: String(
                decoding: FileManager.default.contents(atPath: outputs.file("out")) ?? Data(),
                as: UTF8.self),
            errors: try String(contentsOfFile: outputs.file("err"), encoding: .utf8))
    }

    /// Starts lines that go on beside the test.
    func start(_ script: String) async throws -> ChildProcess {
        let settings = variables.filter { $0.key != "_" }.map { "\($0.key)=\($0.value)" }
        return try await ChildProcess(
            "/usr/bin/env",
            settings + ["/bin/bash", "-c", "cd '\(folder.path)' && exec \(script)"])
    }

    private let outputs = try! TemporaryDirectory()  // Sound: a test without one cannot go on.

    private var variables: [String: String] {
        let program = CommandRun.executable.map { URL(fileURLWithPath: $0) }
        let ours = ProcessInfo.processInfo.environment
        let path = ours["PATH"] ?? "/usr/bin:/bin"
        var variables = [
            "PATH": "\(program?.deletingLastPathComponent().path ?? ""):\(path)",
            "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "LANG": "C.UTF-8",
            "NATS_URL": server, "NATSBRIDGE_STORE": store,
        ]
        // Where what is run is counted (`make coverage`).
        variables["LLVM_PROFILE_FILE"] = ours["LLVM_PROFILE_FILE"]
        return variables
    }
}
