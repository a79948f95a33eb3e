import Foundation
import TestKit

/// A package that depends on this one as a stranger's would: with one program for each of the
/// README's, and one for each product that runs the product's articles.
struct StrangersPackage {
    let folder: String
    private let readme: Readme
    private let articles: [Article]

    /// Writes the package into a folder under `.build`, whose products are kept for the next run.
    init(_ readme: Readme, _ articles: [Article] = [], in folder: String) throws {
        self.folder = folder
        self.readme = readme
        self.articles = articles
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
        let programs =
            readme.programs.map { (target: $0.target, product: $0.product) }
            + products.map { (target: Self.articlesTarget(of: $0), product: $0) }
        let targets = programs.map { program in
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
            try write(change(program.code), to: program.target + "/main.swift")
        }
        let (status, lines) = try await run(
            "/usr/bin/env", ["swift", "build", "--package-path", folder])
        let errors = lines.filter { $0.contains(": error: ") }
        return status == 0 ? [] : errors.isEmpty ? lines : errors
    }

    /// The products whose articles the package runs.
    private var products: [String] { Set(articles.map(\.product)).sorted() }

    private static func articlesTarget(of product: String) -> String { product + "Articles" }

    /// Writes the articles' programs. The places that they print are, in the program, the arguments
    /// of the command line, so that they are compiled once.
    func writeArticles(replacing places: [String]) throws {
        for product in products {
            let target = Self.articlesTarget(of: product)
            let own = articles.filter { $0.product == product }
            for article in own {
                let source = article.source { code in
                    places.enumerated().reduce(code) { code, place in
                        code.replacingOccurrences(
                            of: "\"\(place.element)\"",
                            with: "CommandLine.arguments[\(place.offset + 2)]")
                    }
                }
                try write(source, to: "\(target)/\(article.name).swift")
            }
            let cases = own.map { "case \"\($0.name)\": try await \($0.function)()\n" }
            try write(
                "switch CommandLine.arguments[1] {\n\(cases.joined())"
                    + "default: fatalError(\"no such article\")\n}\n",
                to: target + "/main.swift")
        }
    }

    private func write(_ code: String, to path: String) throws {
        let file = "\(folder)/Sources/\(path)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try TestFile.write(code, to: file)
    }

    /// Runs an article's program with the places in order; as `run` of a program otherwise.
    func run(
        _ article: Article, _ places: [String]
    ) async throws -> (status: Int32, lines: [String]) {
        let target = Self.articlesTarget(of: article.product)
        return try await run("\(folder)/.build/debug/\(target)", [article.name] + places)
    }

    /// Runs a program; returns its exit status and what it prints.
    func run(_ program: Readme.Program) async throws -> (status: Int32, lines: [String]) {
        try await run("\(folder)/.build/debug/\(program.target)", [])
    }

    /// Long enough to compile all libraries from nothing on a machine that is busy elsewhere.
    private static let buildTime = Duration.seconds(15 * 60)

    /// The child's number comes as the first line of the output, the status as the last one.
    private func run(
        _ executable: String, _ arguments: [String]
    ) async throws -> (status: Int32, lines: [String]) {
        let script = #""$@"; echo "status $?""#
        let process = try await ChildProcess(
            "/bin/sh", ["-c", script, "program", executable] + arguments)
        _ = try await process.log.first(limit: Self.buildTime) { $0.hasPrefix("status ") }
        let lines = process.log.lines
        try await process.stop()
        let status = lines.last.flatMap { Int32($0.dropFirst("status ".count)) }
        return (status ?? -1, Array(lines.dropFirst().dropLast()))
    }
}
