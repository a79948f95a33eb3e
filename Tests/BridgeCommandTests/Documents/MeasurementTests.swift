import Foundation
import TestKit
import Testing

/// The sizes that docs/implementation.md tells are today's: each is counted again.
@Suite struct MeasurementTests {
    /// How far a figure may be from what is counted before it is to be written anew.
    private static let tolerance = 0.05

    private static func swiftFiles(_ root: String) -> [String] {
        let walker = FileManager.default.enumerator(atPath: PackageRoot.file(root))
        return (walker?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".swift") }
            .compactMap { try? TestFile.text(PackageRoot.file("\(root)/\($0)")) }
    }

    private static func lines(_ root: String) -> Int {
        swiftFiles(root).reduce(0) { sum, text in
            sum + text.utf8.count { $0 == UInt8(ascii: "\n") }
        }
    }

    private static func folders(in root: String, ending: String = "") -> Int {
        TestFile.names(in: PackageRoot.file(root)).count { $0.hasSuffix(ending) }
    }

    /// What each row of the page counts.
    private static let counted: [String: @Sendable () throws -> Int] = [
        "lines of Swift in `Sources`": { lines("Sources") },
        "lines of Swift in `Tests`": { lines("Tests") },
        "modules in `Sources`": { folders(in: "Sources") },
        "test functions": {
            swiftFiles("Tests").reduce(0) { $0 + $1.matches(of: /@Test\b/).count }
        },
        "targets of the fuzzer": { folders(in: "Tests/Fuzz", ending: "Fuzz") },
        "decisions in the architecture": {
            try TestFile.text(PackageRoot.file("docs/architecture.md"))
                .matches(of: /(?m)^### D[0-9]+\./).count
        },
    ]

    @Test func `each size of the page is what is counted`() throws {
        let page = try TestFile.text(PackageRoot.file("docs/implementation.md"))
        for (name, count) in Self.counted {
            let row = try #require(
                page.split(separator: "\n").first { $0.hasPrefix("| \(name) | ") }, "\(name)")
            let digits = row.split(separator: "|")[1].filter(\.isNumber)
            let told = try #require(Int(digits), "\(row)")
            let found = try count()
            #expect(
                abs(Double(told - found)) <= max(1, Self.tolerance * Double(found)),
                "\(name): \(found) today, and the page says \(told)")
        }
    }
}
