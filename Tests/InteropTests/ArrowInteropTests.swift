import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// Arrow streams between pyarrow and us: each reads what the other wrote, and both find the same
/// values. The values travel as JSON in one agreed form.
@Suite(.needsPythonPeer) struct ArrowInteropTests {
    static let samples = [
        "booleans", "day", "floats", "integers", "lists", "metadata", "no_columns", "no_rows",
        "nothing_missing", "required", "several_batches", "sliced", "structs", "texts", "times",
    ]

    @Test func everySampleIsTested() async throws {
        try await Peer.run { peer in
            let names = try await peer.ask("arrow_names")["names"]?.arrayValue ?? []
            #expect(names.compactMap(\.stringValue) == Self.samples)
        }
    }

    @Test(arguments: samples)
    func bothReadTheSameValues(sample: String) async throws {
        try await Peer.run { peer in
            let answer = try await peer.ask("arrow_write", ["name": .string(sample)])
            let theirs = try #require(answer["form"])
            let text = try #require(answer["stream"]?.stringValue)
            let stream = try Base64.decode(Bytes(utf8: text).span)

            // We read theirs.
            let table = try Table(ipcStream: stream)
            let ours = try JSONValue(parsing: table.jsonForm())
            #expect(difference(theirs, without(ours)) == nil)

            // They read ours.
            let again = table.ipcStream()
            let request: JSONValue = .string(base64(again))
            let read = try await peer.ask("arrow_read", ["stream": request])
            #expect(difference(theirs, try #require(read["form"])) == nil)
        }
    }

    /// Our form without the name and description that only golden files have.
    private func without(_ form: JSONValue) -> JSONValue {
        guard case .object(var object) = form else { return form }
        object["name"] = nil
        object["description"] = nil
        return .object(object)
    }

    private func base64(_ bytes: Bytes) -> String {
        var writer = ByteWriter(capacity: Base64.encodedCount(bytes.count))
        Base64.encode(bytes.span, into: &writer)
        return String(repairing: writer.finish())
    }
}
