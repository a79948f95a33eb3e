import Foundation
import TestKit

/// The package's own text files, as they lie on the disk.
enum PackageFiles {
    private static let folders = ["Sources", "Tests", "Benchmarks", "docs", "scripts", "Fixtures"]
    private static let single = [
        "Package.swift", "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".gitignore",
        ".editorconfig", ".swift-format", ".ci/run", ".spi.yml", ".dockerignore",
    ]
    private static let textEndings = [
        ".swift", ".md", ".py", ".json", ".sh", ".txt", ".h", ".modulemap", ".yaml", ".yml",
    ]

    static func read() -> [SourceFile] {
        let inFolders = folders.flatMap { folder in
            let names = FileManager.default.enumerator(atPath: PackageRoot.file(folder))
            return (names?.allObjects as? [String] ?? []).map { folder + "/" + $0 }
        }
        return (single + inFolders.sorted()).compactMap(file)
    }

    private static func file(_ path: String) -> SourceFile? {
        let full = PackageRoot.file(path)
        let attributes = try? FileManager.default.attributesOfItem(atPath: full)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            !path.contains("__pycache__")
        else { return nil }
        let isText =
            textEndings.contains { path.hasSuffix($0) } || single.contains(path)
            || path.hasPrefix("scripts/")
        guard isText else {
            // A binary fixture takes part in the rules by its name only.
            return path.hasPrefix("Fixtures/") ? SourceFile(path: path, text: "") : nil
        }
        return (try? TestFile.text(full)).map { SourceFile(path: path, text: $0) }
    }
}
