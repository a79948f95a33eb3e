import BridgeCommand
import BridgeConsole
import Foundation
import TestKit
import Testing

/// docs/ui-specification.md says what the program does.
@Suite("Output contract")
struct OutputContractTests {
    private let page: String

    init() throws {
        page = try String(
            contentsOfFile: PackageRoot.file("docs/ui-specification.md"), encoding: .utf8)
    }

    @Test func `the page's exit codes are the program's`() {
        let rows = page.split(separator: "\n").filter { line in
            line.hasPrefix("| ") && line.dropFirst(2).first?.isNumber == true
        }
        let expected = ExitCode.allCases.map { "| \($0.rawValue) | \($0.summary) |" }
        #expect(rows.map(String.init) == expected)
    }

    @Test func `every option that the page's table names is one of the commands'`() {
        let known = Set(Command.all.flatMap { $0.specification.options.map(\.name) })
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `--") }
        #expect(rows.count == 58)
        for row in rows {
            let name = row.dropFirst(3).prefix { $0 == "-" || $0.isLetter }
            #expect(known.contains(String(name)))
        }
    }

    @Test func `every command has a section`() {
        for command in Command.all where !command.specification.hidden {
            let heading = page.split(separator: "\n").contains { line in
                line.hasPrefix("### ") && line.contains(command.specification.name)
            }
            #expect(heading, "\(command.specification.name)")
        }
    }
}
