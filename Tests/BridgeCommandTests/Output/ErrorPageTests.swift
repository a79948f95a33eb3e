import BridgeBytes
import BridgeConsole
import Foundation
import TestKit
import Testing

/// docs/errors.md names every code, and none that nothing makes.
@Suite("The page of error codes")
struct ErrorPageTests {
    private struct Row {
        let code: ErrorCode
        let cells: [String]
    }

    private let rows: [Row]
    private let declared: [DeclaredCodes.Code]

    init() throws {
        declared = try DeclaredCodes().codes
        let page = try String(contentsOfFile: PackageRoot.file("docs/errors.md"), encoding: .utf8)
        rows = page.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| `") else { return nil }
            let cells = line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            let name = cells[0].trimmingCharacters(in: ["`"])
            return Row(code: ErrorCode(rawValue: name), cells: cells)
        }
    }

    @Test func `each declared code stands on the page, and each on the page is declared`() {
        let page = Set(rows.map(\.code.rawValue))
        let names = Set(declared.map(\.name))
        #expect(names.subtracting(page) == [], "not on the page")
        #expect(page.subtracting(names) == [], "not declared")
        #expect(rows.count == page.count, "none stands twice")
        #expect(declared.count == names.count, "none is declared twice")
    }

    @Test func `each code is made somewhere`() {
        #expect(declared.filter { !$0.isConstructed }.map(\.name) == [])
    }

    @Test func `a code that nothing makes is found`() {
        let text = """
            static let ghost = ErrorCode(rawValue: "ghost")
            // throw SomeError(.ghost)
            case .ghost, .other: retry()
            if error.code == .ghost { wait() }
            throw SomeError(.other, stage: .body)
            """
        #expect(DeclaredCodes.constructions(in: text).isDisjoint(with: ["ghost"]))
        #expect(DeclaredCodes.constructions(in: text).contains("other"))
    }

    @Test func `names are words in lower case without a layer in front`() {
        let layers = ["arrow", "envelope", "claim", "http", "json", "nats", "wire", "socket"]
        for code in declared {
            #expect(code.name.wholeMatch(of: /[a-z0-9]+(_[a-z0-9]+)*/) != nil)
            #expect(!layers.contains { code.name.hasPrefix("\($0)_") }, "\(code.name)")
            let joined = code.name.replacing("_", with: "")
            #expect(code.constant.lowercased() == joined, "\(code.name)")
        }
    }

    @Test func `each row says what it is, where, what to do, and what the program says`() {
        for row in rows {
            #expect(row.cells.count == 6 && row.cells.allSatisfy { !$0.isEmpty }, "\(row.code)")
            guard row.cells.count == 6 else { continue }
            #expect(row.cells[4] == (row.code.isTransient ? "yes" : "no"), "\(row.code)")
            #expect(row.cells[5] == String(ExitCode.of(row.code).rawValue), "\(row.code)")
        }
    }
}
