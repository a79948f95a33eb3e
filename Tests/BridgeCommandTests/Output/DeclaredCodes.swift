import Foundation
import TestKit

/// The error codes that the sources declare, and where else each is named.
struct DeclaredCodes {
    struct Code {
        /// The name for programs, such as `too_large`.
        let name: String
        /// The name in Swift, such as `tooLarge`.
        let constant: String
        /// Whether a source makes an error of it: it stands somewhere other than behind `case`
        /// or a comparison.
        let isConstructed: Bool
    }

    let codes: [Code]

    init() throws {
        let sources = try Self.sources()
        let declaration = /static let (\w+) = ErrorCode\(rawValue: "([a-z0-9_]+)"\)/
        let found = sources.flatMap { $0.text.matches(of: declaration) }
            .map { (constant: String($0.1), name: String($0.2)) }
        // The table of exit codes names all of them, and makes no error.
        let makers = sources.filter { !$0.path.hasSuffix("ExitCode+Codes.swift") }
        var named: Set<Substring> = []
        for source in makers {
            named.formUnion(Self.constructions(in: source.text))
        }
        codes = found.map {
            Code(
                name: $0.name, constant: $0.constant,
                isConstructed: named.contains($0.constant[...]))
        }
    }

    /// The members that a source names where it does more than to ask for them.
    static func constructions(in text: String) -> Set<Substring> {
        let code = text.split(separator: "\n").filter {
            !$0.drop { $0 == " " }.hasPrefix("//")
        }.joined(separator: "\n")
        let rest = code.replacing(/\bcase\s[^:{}]*:/, with: "")
            .replacing(/(==|!=|~=) *(ErrorCode)?\.\w+/, with: "")
        return Set(rest.matches(of: /\.(\w+)\b/).map(\.1))
    }

    private static func sources() throws -> [(path: String, text: String)] {
        let root = PackageRoot.file("Sources")
        let walker = FileManager.default.enumerator(atPath: root)
        var sources: [(String, String)] = []
        while let path = walker?.nextObject() as? String {
            guard path.hasSuffix(".swift") else { continue }
            let text = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            sources.append((path, text))
        }
        return sources
    }
}
