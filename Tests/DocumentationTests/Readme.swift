import Foundation
import TestKit

/// The code of the README: the manifest that it prints, and its programs.
struct Readme {
    /// A program of the README, complete with its import.
    struct Program: Sendable, CustomStringConvertible {
        /// The line of its first fence.
        let line: Int
        let code: String
        /// What it prints, where the README says so.
        let output: String?

        /// The product that it imports: the first import.
        var product: String {
            let imports = code.split(separator: "\n").filter { $0.hasPrefix("import ") }
            return imports.first.map { String($0.dropFirst("import ".count)) } ?? ""
        }

        var target: String { "Line\(line)" }
        var description: String { "README.md:\(line)" }
    }

    let manifest: String
    let programs: [Program]

    /// - Throws: `FixtureError` when the README prints no manifest.
    init(_ text: String) throws {
        let blocks = CodeBlock.blocks(of: text)
        let isManifest = { (code: String) in code.hasPrefix("// swift-tools-version:") }
        guard let manifest = blocks.first(where: { isManifest($0.code) }) else {
            throw FixtureError("the README prints no manifest")
        }
        self.manifest = manifest.code
        programs = blocks.indices.compactMap { index in
            let block = blocks[index]
            guard block.language == "swift", !isManifest(block.code) else { return nil }
            let next = index + 1 < blocks.count ? blocks[index + 1] : nil
            return Program(
                line: block.line, code: block.code,
                output: next?.language == "text" ? next?.code : nil)
        }
    }
}
