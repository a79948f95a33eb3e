import Testing

/// A golden Arrow stream and the JSON beside it, as absolute paths.
package struct GoldenPair: CustomTestStringConvertible, Sendable {
    package let stream: String
    package let expectation: String
    package var testDescription: String {
        stream.split(separator: "/").suffix(2).joined(separator: "/")
    }

    /// Those that are committed with the package.
    package static let fixtures = pairs(
        in: PackageRoot.file("Fixtures/arrow"), suffix: ".arrows", expectation: ".json")

    /// Those of the shared data: of pyarrow, and of the Apache Arrow testing project.
    package static let shared =
        SharedData.isPresent
        ? pairs(in: SharedData.path("arrow/pyarrow"), suffix: ".arrows", expectation: ".json")
            + TestFile.names(in: SharedData.path("arrow/public")).flatMap {
                pairs(
                    in: SharedData.path("arrow/public/\($0)"), suffix: ".stream",
                    expectation: ".expect.json")
            } : []

    /// Fixtures, and the shared ones where they are present.
    package static let all = fixtures + shared

    /// The same without the one that is a file, which is read by its footer.
    package static let streams = all.filter { !$0.stream.hasSuffix("/file_format.arrows") }

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
