import Foundation
import TestKit

/// A page of a documentation catalog. Its blocks of Swift, one after the other, are one program;
/// its blocks of output are what that prints.
struct Article: Sendable, CustomStringConvertible {
    /// Relative to the package's root: "Sources/ArrowIPC/ArrowIPC.docc/ThreeMinutes.md".
    let path: String
    let blocks: [Block]
    let output: String

    struct Block: Sendable {
        /// The line of its first line of code.
        let line: Int
        let code: String
    }

    var description: String { path }

    /// "ThreeMinutes".
    var name: String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.dropLast(".md".count))
    }

    /// The product whose catalog holds it.
    var product: String { path.split(separator: "/").map(String.init)[1] }

    /// The function that runs it.
    var function: String { "run" + name }

    /// - Throws: `FixtureError` when its code does not begin with the product's import.
    init(path: String, text: String) throws {
        self.path = path
        let all = CodeBlock.blocks(of: text)
        let swift = all.filter { $0.language == "swift" }
        blocks = swift.map { Block(line: $0.line + 1, code: $0.code) }
        output = all.filter { $0.language == "output" }.map(\.code).joined()
        guard let first = blocks.first else { return }
        guard first.code.hasPrefix("import \(product)\n") else {
            throw FixtureError("\(path): the first block of Swift begins with import \(product)")
        }
    }

    /// The pages of all catalogs that have code.
    static func all() throws -> [Article] {
        let names = FileManager.default.enumerator(atPath: PackageRoot.file("Sources"))
        let pages = (names?.allObjects as? [String] ?? []).filter {
            $0.contains(".docc/") && $0.hasSuffix(".md")
        }
        return try pages.sorted().map { page in
            let path = "Sources/" + page
            return try Article(path: path, text: TestFile.text(PackageRoot.file(path)))
        }.filter { !$0.blocks.isEmpty }
    }

    /// A file of one function that does what the page's program does. What the compiler has to say
    /// of it names the page and its line.
    func source(_ change: (String) -> String) -> String {
        let (first, others) = (blocks[0], blocks.dropFirst())
        let body = first.code.drop { $0 != "\n" }.dropFirst()
        let pieces = [Block(line: first.line + 1, code: String(body))] + others
        let code = pieces.map { block in
            "#sourceLocation(file: \"\(path)\", line: \(block.line))\n" + change(block.code)
        }
        return "import \(product)\n\nfunc \(function)() async throws {\n"
            + code.joined() + "#sourceLocation()\n}\n"
    }
}
