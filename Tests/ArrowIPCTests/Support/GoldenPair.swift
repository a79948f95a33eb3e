import TestKit
import Testing

/// A golden stream and the JSON beside it, as absolute paths.
struct GoldenPair: CustomTestStringConvertible, Sendable {
    let stream: String
    let expectation: String
    var testDescription: String { stream.split(separator: "/").suffix(2).joined(separator: "/") }

    /// Those that are committed with the package.
    static let fixtures = pairs(
        in: PackageRoot.file("Fixtures/arrow"), suffix: ".arrows", expectation: ".json")

    /// Those of the shared data: of pyarrow, and of the Apache Arrow testing project.
    static let shared =
        SharedData.isPresent
        ? pairs(in: SharedData.path("arrow/pyarrow"), suffix: ".arrows", expectation: ".json")
            + TestFile.names(in: SharedData.path("arrow/public")).flatMap {
                pairs(
                    in: SharedData.path("arrow/public/\($0)"), suffix: ".stream",
                    expectation: ".expect.json")
            } : []

    private static func pairs(
        in folder: String, suffix: String, expectation: String
    ) -> [GoldenPair] {
        TestFile.names(in: folder).filter { $0.hasSuffix(suffix) }.map {
            GoldenPair(
                stream: "\(folder)/\($0)",
                expectation: "\(folder)/\($0.dropLast(suffix.count))\(expectation)")
        }
    }
}
