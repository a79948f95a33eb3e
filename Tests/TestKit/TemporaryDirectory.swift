import Foundation

/// A folder that goes, with all it holds, when the last reference to it goes.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        let parent = FileManager.default.temporaryDirectory.path
        path = parent + "/natsbridge-test-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    /// The path of a file inside.
    package func file(_ name: String) -> String { path + "/" + name }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
