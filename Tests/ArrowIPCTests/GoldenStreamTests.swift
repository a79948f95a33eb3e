import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Every golden stream, compared value by value with the JSON that stands beside it.
@Suite struct GoldenStreamTests {
    @Test(arguments: GoldenPair.fixtures) func fixtureHoldsWhatItsJSONSays(pair: GoldenPair) throws
    {
        try check(pair)
    }

    @Test(.needsSharedData, arguments: GoldenPair.shared)
    func streamHoldsWhatItsJSONSays(pair: GoldenPair) throws {
        let expectation = try GoldenForm(TestFile.bytes(pair.expectation))
        let refusal = Self.refusal(of: pair.stream)
        guard expectation.isRejected || refusal != nil else { return try check(pair) }
        let stream = try TestFile.bytes(pair.stream)
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: stream) }
        if let refusal { #expect(error?.code == refusal) }
    }

    private func check(_ pair: GoldenPair) throws {
        let expectation = try GoldenForm(TestFile.bytes(pair.expectation))
        let table = try Table(ipcStream: TestFile.bytes(pair.stream))
        try table.validate(full: true)
        try expectation.check(table)
        // Written by us and read again it is still the same.
        try expectation.check(try Table(ipcStream: try table.ipcStream()))
    }

    /// What is not read yet, and by which error it is refused.
    private static func refusal(of stream: String) -> ArrowError.Code? {
        let features = ["lz4", "zstd"]
        return features.contains { stream.contains($0) } ? .unsupportedFeature : nil
    }
}
