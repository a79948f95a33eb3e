import Foundation
import TestKit
import Testing

/// A page of the documents, and what of it can be looked up.
struct DocumentPage: Sendable, CustomTestStringConvertible {
    /// Relative to the package's root.
    let path: String
    let text: String

    var testDescription: String { path }

    /// Every page that people read: `docs`, the README, CONTRIBUTING.
    static let all: [DocumentPage] = {
        let docs = TestFile.names(in: PackageRoot.file("docs")).filter { $0.hasSuffix(".md") }
        return (docs.map { "docs/" + $0 } + ["README.md", "CONTRIBUTING.md"]).compactMap { path in
            (try? TestFile.text(PackageRoot.file(path))).map { DocumentPage(path: path, text: $0) }
        }
    }()

    /// The folder that links are relative to.
    private var folder: String { path.hasPrefix("docs/") ? "docs/" : "" }

    /// Links that lead nowhere: to no file, or to no heading of it.
    var deadLinks: [String] {
        text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }.filter { link in
            guard !link.hasPrefix("http") else { return false }
            let parts = link.split(separator: "#", omittingEmptySubsequences: false)
            let target = parts[0].isEmpty ? path : folder + parts[0]
            let file = PackageRoot.file(target)
            guard FileManager.default.fileExists(atPath: file) else { return true }
            guard parts.count == 2 else { return false }
            let page = (try? TestFile.text(file)) ?? ""
            return !Self.anchors(of: page).contains(String(parts[1]))
        }
    }

    /// The headings of a page as the parts of links that lead to them.
    static func anchors(of page: String) -> [String] {
        page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
            heading.drop { $0 == "#" || $0 == " " }.lowercased()
                .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                .replacing(" ", with: "-")
        }
    }

    /// What stands between two backticks on one line, outside blocks of code.
    var spans: [String] {
        var isOpen = false
        return text.split(separator: "\n").flatMap { line -> [String] in
            if line.hasPrefix("```") { isOpen.toggle() }
            guard !isOpen else { return [] }
            return line.matches(of: /`([^`]+)`/).map { String($0.1) }
        }
    }

    /// Names of suites of tests, wherever they stand.
    var suites: Set<String> {
        Set(text.matches(of: /\b([A-Z][A-Za-z0-9]*Tests)\b/).map { String($0.1) })
    }

    /// Targets of the Makefile that are named: `make X`.
    var makeTargets: Set<String> {
        let named = spans.filter { $0.hasPrefix("make ") } + indented
        return Set(named.flatMap { $0.matches(of: /\bmake ([a-z][a-z-]*)/).map { String($0.1) } })
    }

    private var indented: [String] {
        text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("    make ") }
    }

    /// Names of types and their members: `Bridge`, `Bridge.send`, `NATSClientOptions.tls`.
    var symbols: Set<String> {
        Set(
            spans.filter { $0.wholeMatch(of: /[A-Z][A-Za-z0-9]+(\.[a-z][A-Za-z0-9]*)?/) != nil }
                .filter { $0.contains(/[a-z]/) })
    }

    /// Files of this repository that are named: `Tests/Fuzz`, `docs/schema/x.json`.
    var files: Set<String> {
        let roots = ["Sources/", "Tests/", "Benchmarks/", "Fixtures/", "docs/", "scripts/"]
        return Set(
            spans.filter { span in
                roots.contains { span.hasPrefix($0) } && !span.contains(/[ …*{(]/)
            })
    }
}
