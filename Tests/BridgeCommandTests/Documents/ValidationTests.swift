import Foundation
import TestKit
import Testing

/// No gate is left open: what the page of promises says is held, is held by tests that run.
@Suite struct ValidationTests {
    private func page() throws -> String {
        try TestFile.text(PackageRoot.file("docs/validation.md"))
    }

    @Test func `every promise has a test`() throws {
        let page = try page()
        let start = try #require(page.range(of: "| promise | held by |"))
        let rows = page[start.upperBound...].prefix { $0 != "#" }.split(separator: "\n")
            .filter { $0.hasPrefix("| ") }
        #expect(rows.count > 20)
        for row in rows { #expect(row.contains(/`\w+Tests`/), "\(row)") }
    }

    @Test func `every gate is a target of the Makefile`() throws {
        let makefile = try TestFile.text(PackageRoot.file("Makefile"))
        let targets = makefile.matches(of: /(?m)^([a-z][a-z -]*):/).flatMap {
            $0.1.split(separator: " ").map(String.init)
        }
        let gates = try page().matches(of: /\| `make ([a-z-]+)` \|/).map { String($0.1) }
        #expect(gates.count >= 10)
        for gate in gates { #expect(targets.contains(gate), "\(gate)") }
    }

    /// A test that is not to run says why, and only for want of a part.
    @Test func `no test is switched off`() throws {
        let walker = FileManager.default.enumerator(atPath: PackageRoot.file("Tests"))
        let marks = ["." + "disabled(", "withKnown" + "Issue", "XCT" + "Skip"]
        var count = 0
        while let path = walker?.nextObject() as? String {
            guard path.hasSuffix(".swift") else { continue }
            count += 1
            let text = try TestFile.text(PackageRoot.file("Tests/\(path)"))
            for mark in marks { #expect(!text.contains(mark), "\(path): \(mark)") }
        }
        #expect(count > 300)
    }
}
