import BridgeHTTP
import Foundation
import TestKit
import Testing

/// The programs of the README and of the documentation's articles are taken from there, compiled
/// as printed in a package that depends on this one, and run on real servers.
///
/// That builds the libraries a second time, so it is a run of its own: `make test` asks for it with
/// `NATSBRIDGE_README`.
@Suite(.enabled(if: Environment.value("NATSBRIDGE_README") != nil), .needsNATSServer, .serialized)
struct ReadmeTests {
    private static let printedServer = "nats://127.0.0.1:4222"
    private static let printedStore = "http://127.0.0.1:8080"
    private static let printedFolder = "/tmp/natsbridge-files"

    private static func readme() throws -> Readme {
        try Readme(String(contentsOfFile: PackageRoot.file("README.md"), encoding: .utf8))
    }

    private static func package() throws -> StrangersPackage {
        let package = try StrangersPackage(
            readme(), Article.all(), in: PackageRoot.file(".build/readme"))
        try package.writeArticles(replacing: [printedServer, printedStore, printedFolder])
        return package
    }

    /// Whether nothing stood in the way of a build; records what did.
    private static func isBuilt(_ errors: [String]) -> Bool {
        if !errors.isEmpty { Issue.record(Comment(rawValue: errors.joined(separator: "\n"))) }
        return errors.isEmpty
    }

    @Test func `each program compiles as printed and does what it prints`() async throws {
        let package = try Self.package()
        try #require(Self.isBuilt(try await package.build()))

        let directory = try TemporaryDirectory()
        let files = try await FileServer.start(FileServerOptions(directory: directory.path))
        try await NATSServerFixture.run { server in
            // The printed places are the usual ones; here they are others.
            let built = try await package.build { code in
                code.replacingOccurrences(of: Self.printedServer, with: server.url)
                    .replacingOccurrences(of: Self.printedStore, with: files.baseURL)
                    .replacingOccurrences(
                        of: Self.printedFolder, with: directory.file("served"))
            }
            try #require(Self.isBuilt(built))
            for program in try Self.readme().programs {
                let (status, lines) = try await package.run(program)
                let place = Comment(rawValue: program.description)
                #expect(status == 0, place)
                if let output = program.output {
                    #expect(lines.joined(separator: "\n") + "\n" == output, place)
                }
            }
            for article in try Article.all() {
                let (status, lines) = try await package.run(
                    article, [server.url, files.baseURL, directory.file("served")])
                let place = Comment(rawValue: article.description)
                #expect(status == 0, place)
                if !article.output.isEmpty {
                    #expect(lines.joined(separator: "\n") + "\n" == article.output, place)
                }
            }
        }
        await files.stop()
    }

    @Test func `a program that does not compile is found`() async throws {
        let readme = try Readme(
            """
            ```swift
            \(Self.readme().manifest)
            ```
            ```swift
            import NATSClient
            let client: NoSuchName? = nil
            ```
            """)
        let package = try StrangersPackage(readme, in: PackageRoot.file(".build/readme"))
        let errors = try await package.build()
        #expect(errors.contains { $0.contains("NoSuchName") })
    }
}
