import BridgeBytes
import BridgeJSON
import Foundation
import TestKit

/// The built executable, run as a stranger would.
struct CommandRun: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The executable beside the test bundle; nil when it has not been built.
    static let executable: String? = BuiltProgram.path("natsbridge")

    static let absence = "the executable has not been built"

    /// The lines of the standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The lines of the standard output as JSON.
    func json() throws -> [JSONValue] {
        try lines.map { try JSONValue(parsing: Bytes(utf8: $0)) }
    }

    /// Ours, without what the user has set for the `nats` tools.
    private static func environment(_ folder: TemporaryDirectory) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        let names = [
            "URL", "CONTEXT", "CREDS", "NKEY", "USER", "PASSWORD", "TOKEN", "CA", "CERT", "KEY",
            "KEY_PASSPHRASE",
        ]
        for name in names {
            environment["NATS_\(name)"] = nil
        }
        environment["XDG_CONFIG_HOME"] = folder.path
        return environment
    }

    /// Runs a command line to its end, with output into files so that no pipe can fill up.
    /// - Parameters:
    ///   - variables: What its environment has besides ours.
    ///   - output: What takes its standard output instead of a file that is read.
    ///   - redirections: What a shell does to its descriptors, such as `>&-`.
    ///   - addressLimit: Most KiB of addresses that the process may have.
    static func run(
        _ arguments: [String], input: String? = nil, variables: [String: String] = [:],
        output: FileHandle? = nil, redirections: String? = nil, addressLimit: Int? = nil
    ) async throws -> CommandRun {
        guard let executable else { throw FixtureError(absence) }
        let folder = try TemporaryDirectory()
        var program = executable
        var words = arguments
        if redirections != nil || addressLimit != nil {
            let limit = addressLimit.map { "ulimit -v \($0); " } ?? ""
            program = "/bin/sh"
            words =
                ["-c", "\(limit)exec \"$0\" \"$@\" \(redirections ?? "")", executable] + arguments
        }
        try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: folder.file("in")))
        for name in ["out", "err"] {
            _ = FileManager.default.createFile(atPath: folder.file(name), contents: nil)
        }
        let process = try SpawnedProcess(
            program, words, environment: Self.environment(folder).merging(variables) { $1 },
            input: FileHandle(forReadingFrom: URL(fileURLWithPath: folder.file("in"))),
            output: output ?? FileHandle(forWritingAtPath: folder.file("out")),
            errors: FileHandle(forWritingAtPath: folder.file("err")))
        let status = try await within("natsbridge \(arguments.first ?? "")") {
            await process.end()
        }
        return CommandRun(
            status: status,
            output: try String(contentsOfFile: folder.file("out"), encoding: .utf8),
            errors: try String(contentsOfFile: folder.file("err"), encoding: .utf8))
    }
}
