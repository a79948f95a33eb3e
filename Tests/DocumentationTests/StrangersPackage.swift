import Foundation
import TestKit

/// A package that depends on this one as a stranger's would, with one program for each of the
/// README's.
struct StrangersPackage {
    let folder: String
    private let readme: Readme

    /// Writes the package into a folder under `.build`, whose products are kept for the next run.
    init(_ readme: Readme, in folder: String) throws {
        self.folder = folder
        self.readme = readme
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        // SwiftPM names a local package by its folder.
        let link = folder + "/natsbridge-swift"
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: PackageRoot.path)
        try? FileManager.default.removeItem(atPath: folder + "/Sources")
        try TestFile.write(manifest(), to: folder + "/Package.swift")
    }

    /// The manifest as printed, with its target once for each program and the package where it
    /// lies on this machine.
    private func manifest() throws -> String {
        let printed = readme.manifest
        guard let source = printed.range(of: #"\.package\(url: .*\)"#, options: .regularExpression),
            let target = printed.range(
                of: #"(?s)\.executableTarget\(.*?\]\)"#, options: .regularExpression)
        else { throw FixtureError("the printed manifest has no package or no target") }
        let targets = readme.programs.map { program in
            printed[target]
                .replacingOccurrences(
                    of: #"name: "lab""#, with: #"name: "\#(program.target)""#
                )
                .replacingOccurrences(
                    of: #".product(name: "NATSBridge""#,
                    with: #".product(name: "\#(program.product)""#)
        }
        var manifest = printed
        manifest.replaceSubrange(target, with: targets.joined(separator: ",\n"))
        manifest.replaceSubrange(
            manifest.range(of: printed[source]) ?? source,
            with: #".package(path: "natsbridge-swift")"#)
        return manifest
    }

    /// Writes the programs and builds them; returns what the compiler says when that fails.
    func build(_ change: (String) -> String = { $0 }) async throws -> [String] {
        for program in readme.programs {
            let folder = "\(folder)/Sources/\(program.target)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try TestFile.write(change(program.code), to: folder + "/main.swift")
        }
        let (status, lines) = try await run(
            "/usr/bin/env", ["swift", "build", "--package-path", folder])
        let errors = lines.filter { $0.contains(": error: ") }
        return status == 0 ? [] : errors.isEmpty ? lines : errors
    }

    /// Runs a program; returns its exit status and what it prints.
    func run(_ program: Readme.Program) async throws -> (status: Int32, lines: [String]) {
        try await run("\(folder)/.build/debug/\(program.target)", [])
    }

    /// The child's number comes as the first line of the output, the status as the last one.
    private func run(
        _ executable: String, _ arguments: [String]
    ) async throws -> (status: Int32, lines: [String]) {
        let script = #""$@"; echo "status $?""#
        let process = try await ChildProcess(
            "/bin/sh", ["-c", script, "program", executable] + arguments)
        _ = try await process.log.first { $0.hasPrefix("status ") }
        let lines = process.log.lines
        try await process.stop()
        let status = lines.last.flatMap { Int32($0.dropFirst("status ".count)) }
        return (status ?? -1, Array(lines.dropFirst().dropLast()))
    }
}
