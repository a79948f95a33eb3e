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
        guard expectation.isRejected else { return try check(pair) }
        let stream = try TestFile.bytes(pair.stream)
        let error = #expect(throws: ArrowError.self) { try Table(ipcStream: stream) }
        #expect(error?.offset != nil)
    }

    private func check(_ pair: GoldenPair) throws {
        let expectation = try GoldenForm(TestFile.bytes(pair.expectation))
        let table = try Table(ipcStream: TestFile.bytes(pair.stream))
        try table.validate(full: true)
        try expectation.check(table)
        // Written by us and read again it is still the same.
        try expectation.check(try Table(ipcStream: try table.ipcStream()))
        var options = WriteOptions.portable
        options.compression = .lz4
        try expectation.check(try Table(ipcStream: try table.ipcStream(options: options)))
    }
}
