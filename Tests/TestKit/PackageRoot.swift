import Foundation

/// Where the package's files lie, found from this file's own place: Tests/TestKit/ is two
/// folders below the root.
package enum PackageRoot {
    package static let path: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// The path of a file or folder of the package.
    package static func file(_ relative: String) -> String { path + "/" + relative }
}

/// The environment of the test process.
package enum Environment {
    /// The value of a variable; nil when it is absent or empty.
    package static func value(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            return nil
        }
        return value
    }

    /// The first executable file of that name on the PATH.
    package static func executable(named name: String) -> String? {
        let folders = (value("PATH") ?? "").split(separator: ":")
        return folders.map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
