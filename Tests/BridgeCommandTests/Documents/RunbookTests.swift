import BridgeBytes
import BridgeCommand
import BridgeConsole
import BridgeHTTP
import Foundation
import TestKit
import Testing

/// What the documents for operators name is there: files, commands, options, codes, figures.
@Suite("Operators' documents")
struct RunbookTests {
    private static let pages = ["runbook.md", "framework.md", "releasing.md"]

    private func page(_ name: String) throws -> String {
        try String(contentsOfFile: PackageRoot.file("docs/\(name)"), encoding: .utf8)
    }

    /// A heading as the part of a link that leads to it.
    private func anchor(_ heading: some StringProtocol) -> String {
        heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
            .replacing(" ", with: "-")
    }

    @Test(arguments: pages) func `every link leads somewhere`(_ name: String) throws {
        let text = try page(name)
        var count = 0
        for link in text.matches(of: /\]\(([^)]+)\)/).map({ String($0.1) })
        where !link.hasPrefix("http") {
            count += 1
            let parts = link.split(separator: "#", omittingEmptySubsequences: false)
            let path = PackageRoot.file("docs/\(parts[0])")
            #expect(FileManager.default.fileExists(atPath: path), "\(link)")
            guard parts.count == 2 else { continue }
            let target = try String(contentsOfFile: path, encoding: .utf8)
            let anchors = target.split(separator: "\n").filter { $0.hasPrefix("#") }.map {
                anchor($0.drop { $0 == "#" || $0 == " " })
            }
            #expect(anchors.contains(String(parts[1])), "\(link)")
        }
        #expect(count > 0)
    }

    @Test(arguments: pages) func `every option is one of a command's`(_ name: String) throws {
        let known = Set(Command.all.flatMap { $0.specification.options.map(\.name) })
        // Options of other programs.
        let foreign: Set<String> = ["--filter"]
        for option in try page(name).matches(of: /--[a-z][a-z-]*/).map({ String($0.0) }) {
            #expect(known.contains(option) || foreign.contains(option), "\(option)")
        }
    }

    @Test(arguments: pages) func `every command line begins with a command's words`(
        _ name: String
    ) throws {
        let text = try page(name).replacing("\n", with: " ")
        for line in text.matches(of: /`natsbridge ([a-z][a-z ]*)/).map({ String($0.1) }) {
            let words = line.split(separator: " ").map(String.init)
            #expect(throws: Never.self, "\(line)") {
                try Command.find(words, among: Command.all)
            }
        }
    }

    @Test func `every code of the runbook is one, with the exit code that is named`() throws {
        let text = try page("runbook.md")
        let codes = Set(try DeclaredCodes().codes.map(\.name))
        let known = Set(
            Command.all.flatMap { $0.specification.options.map(\.name) }
                + ["msg_id", "max_payload"])
        for word in text.matches(of: /`([a-z]+(_[a-z]+)+)`/).map({ String($0.1) })
        where !word.hasPrefix("natsbridge_") {
            #expect(codes.contains(word) || known.contains(word), "\(word)")
        }
        let rows = text.matches(of: /`([a-z_]+)`[^`.;]*exit code (\d+)/)
        #expect(rows.count > 5)
        for row in rows {
            #expect(
                String(ExitCode.of(ErrorCode(rawValue: String(row.1))).rawValue) == row.2,
                "\(row.0)")
        }
    }

    @Test func `every failure has its symptom, cause and repair`() throws {
        let text = try page("runbook.md")
        let part = try #require(text.range(of: "## Failures"))
        let failures = text[part.upperBound...].split(separator: "\n### ").dropFirst()
        #expect(failures.count >= 12)
        for failure in failures {
            for word in ["*Symptom*: ", "*Cause*: ", "*Repair*: "] {
                #expect(failure.contains(word), "\(failure.prefix(30)) \(word)")
            }
        }
        // What the alerts send people to is there.
        for title in text.matches(of: /\|[^|]*"([A-Z][^"]+)" \|/).map({ $0.1 }) {
            #expect(text.contains("\n### \(title)\n"), "\(title)")
        }
    }

    @Test func `every metric of an alert is one of the file server's`() async throws {
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.path)
        options.memory = 1 << 20
        let server = try await FileServer.start(options)
        let text = server.metrics.exposition
        await server.stop()
        let names = try page("runbook.md").matches(of: /natsbridge_server_[a-z_]+/).map(\.0)
        #expect(names.count >= 9)
        for name in names { #expect(text.contains("\n\(name)"), "\(name)") }
    }

    @Test func `every figure of an alert is one of doctor's`() throws {
        let page = try String(
            contentsOfFile: PackageRoot.file("docs/ui-specification.md"), encoding: .utf8)
        let names = try self.page("runbook.md")
            .matches(of: /natsbridge_doctor_([a-z_]+)/).map { String($0.1) }
        #expect(names.count >= 4)
        for name in names where name != "level" { #expect(page.contains("`\(name)`"), "\(name)") }
    }
}
