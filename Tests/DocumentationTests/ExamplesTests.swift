import Foundation
import TestKit
import Testing

/// The examples run in `make examples`. Here it is only looked that none is forgotten.
@Suite struct ExamplesTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: PackageRoot.file(path), encoding: .utf8)
    }

    @Test func `each example is built, run and named in the README`() throws {
        let folder = PackageRoot.file("docs/examples/Sources")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0 != "ExampleKit" }
        #expect(names.count >= 8)
        let manifest = try Self.text("docs/examples/Package.swift")
        let runner = try Self.text("docs/examples/run")
        let readme = try Self.text("README.md")
        for name in names {
            let place = Comment(rawValue: name)
            #expect(manifest.contains("example(\"\(name)\""), place)
            #expect(runner.contains("\"$programs/\(name)\""), place)
            #expect(readme.contains("`\(name)`"), place)
        }
        #expect(try Self.text("Makefile").contains("docs/examples/run"))
    }
}
