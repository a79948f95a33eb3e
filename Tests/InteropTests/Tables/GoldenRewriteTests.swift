import ArrowIPC
import BridgeBytes
import BridgeJSON
import TestKit
import Testing

/// Every golden stream, read by us, written again by us, and read by pyarrow: it finds the table
/// that it finds in the original. One Python process reads them all.
@Suite(.needsPythonPeer) struct GoldenRewriteTests {
    @Test func pyarrowFindsTheSameTable() async throws {
        try await check(.portable)
    }

    @Test func pyarrowFindsTheSameTableWithBitmapsAndDictionariesAsTheyCome() async throws {
        var options = WriteOptions.portable
        options.alwaysWritesValidity = true
        options.joinsDictionaries = false
        try await check(options)
    }

    private func check(_ options: WriteOptions) async throws {
        let pairs = try GoldenPair.all.filter { try Self.isReadable($0) }
        #expect(pairs.count >= GoldenPair.fixtures.count)
        try await Peer.run { peer in
            for pair in pairs {
                let written = try Self.rewritten(pair, options)
                let found = try await Self.differences(pair.stream, written, peer)
                #expect(found == [], "\(pair)")
            }
        }
    }

    private static func differences(
        _ original: String, _ written: String, _ peer: Peer
    ) async throws -> [JSONValue] {
        let request: [String: JSONValue] = [
            "original": .string(original), "written": .string(written),
        ]
        let answer = try await peer.ask("arrow_same", request)
        return try #require(answer["differences"]?.arrayValue)
    }

    private static func isReadable(_ pair: GoldenPair) throws -> Bool {
        try !GoldenForm(TestFile.bytes(pair.expectation)).isRejected
    }

    /// What we write of a stream, in base64.
    private static func rewritten(_ pair: GoldenPair, _ options: WriteOptions) throws -> String {
        let table = try Table(ipcStream: TestFile.bytes(pair.stream))
        let stream = try table.ipcStream(options: options)
        return String(repairing: Base64.encode(stream.span))
    }
}
