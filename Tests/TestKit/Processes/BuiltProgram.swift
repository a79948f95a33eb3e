import Foundation

/// Programs of this package, which are built beside the tests.
package enum BuiltProgram {
    /// The path of a program, such as `natsbridge`; nil when it has not been built.
    package static func path(_ name: String) -> String? {
        // The test process runs from the folder of the products, or from a bundle below it.
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let candidates = (0..<3).map { _ in
            folder.deleteLastPathComponent()
            return folder.appendingPathComponent(name).path
        }
        return (candidates + [PackageRoot.file(".build/debug/\(name)")])
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
