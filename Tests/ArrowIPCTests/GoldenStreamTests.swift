import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import Foundation
import TestKit
import Testing

/// Every golden stream, compared value by value with the JSON that stands beside it.
@Suite struct GoldenStreamTests {
    /// A stream and its expectation, as paths relative to the shared data.
    struct Pair: CustomTestStringConvertible, Sendable {
        let stream: String
        let expectation: String
        var testDescription: String { stream }
    }

    static let pairs =
        SharedData.files(in: "arrow/pyarrow", suffix: ".arrows").map {
            Pair(stream: $0, expectation: $0.dropLast(7) + ".json")
        }
        + SharedData.files(in: "arrow/public").flatMap { folder in
            SharedData.files(in: folder, suffix: ".stream").map {
                Pair(stream: $0, expectation: $0.dropLast(7) + ".expect.json")
            }
        }

    @Test(.needsSharedData, arguments: pairs)
    func streamHoldsWhatItsJSONSays(pair: Pair) throws {
        let stream = try SharedData.bytes(pair.stream)
        let expectation = try GoldenForm(SharedData.bytes(pair.expectation))
        if expectation.isRejected {
            #expect(throws: ArrowError.self) { try Table(ipcStream: stream) }
            return
        }
        if let refusal = Self.refusal(of: pair.stream) {
            let error = #expect(throws: ArrowError.self) { try Table(ipcStream: stream) }
            #expect(error?.code == refusal)
            return
        }
        let table = try Table(ipcStream: stream)
        if !Self.isOutOfRange(pair.stream) { try table.validate(full: true) }
        try expectation.check(table)
        // Written by us and read again it is still the same.
        try expectation.check(try Table(ipcStream: try table.ipcStream()))
    }

    /// Old files whose dates and decimals are out of range, which is no reason to refuse them.
    private static func isOutOfRange(_ stream: String) -> Bool { false }

    /// What is not read yet, and by which error it is refused.
    private static func refusal(of stream: String) -> ArrowError.Code? {
        let features = ["bigendian", "lz4", "zstd"]
        return features.contains { stream.contains($0) } ? .unsupportedFeature : nil
    }
}
