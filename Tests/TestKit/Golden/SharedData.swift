package import BridgeBytes
import Foundation

/// Golden and hostile data that lies beside the package and is not committed with it.
///
/// It is looked for at `NATSBRIDGE_SHARED_DATA`, then at `../shared/data` beside the package.
/// A test that reads it carries the trait `.needsSharedData`, so that it is skipped with a
/// reason where the data is absent.
package enum SharedData {
    package static let root: String? = {
        let beside = PackageRoot.file("../shared/data")
        return [Environment.value("NATSBRIDGE_SHARED_DATA"), beside].compactMap { $0 }
            .first { FileManager.default.fileExists(atPath: $0 + "/README.md") }
    }()

    package static var isPresent: Bool { root != nil }

    /// Why tests of it are skipped.
    package static let absence =
        "no shared data: set NATSBRIDGE_SHARED_DATA, or put it at ../shared/data"

    /// The path of a file or folder of the data, such as `arrow/pyarrow`. It need not exist.
    package static func path(_ relative: String) -> String { (root ?? "") + "/" + relative }

    /// The content of a file of the data.
    package static func bytes(_ relative: String) throws -> Bytes {
        try TestFile.bytes(path(relative))
    }

    /// The files directly inside a folder whose names end in `suffix`, as paths relative to the
    /// data's root and in order; empty when the data is absent, so that it can be the argument
    /// of a parameterised test.
    package static func files(in folder: String, suffix: String = "") -> [String] {
        guard isPresent else { return [] }
        return TestFile.names(in: path(folder)).filter { $0.hasSuffix(suffix) }
            .map { folder + "/" + $0 }
    }
}

/// Files as tests need them: whole, at once.
package enum TestFile {
    package static func bytes(_ path: String) throws -> Bytes {
        Bytes([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    package static func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    package static func write(_ bytes: Bytes, to path: String) throws {
        try Data([UInt8](bytes)).write(to: URL(fileURLWithPath: path))
    }

    package static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    package static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    /// The names directly inside a folder, in order; empty when there is no such folder.
    package static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}
