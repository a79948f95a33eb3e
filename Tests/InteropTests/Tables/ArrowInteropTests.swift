import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

/// Arrow streams between pyarrow and us: each reads what the other wrote, and both find the same
/// values. The values travel as JSON in one agreed form.
@Suite(.needsPythonPeer) struct ArrowInteropTests {
    @Test func bothReadTheSameValues() async throws {
        try await Peer.run { peer in
            let names = try await peer.ask("arrow_names")["names"]?.arrayValue ?? []
            #expect(names.count >= 17)
            for name in names {
                let found = try await differences(in: name, peer)
                #expect(found == [], "sample \(name)")
            }
        }
    }

    /// Where pyarrow's values of a sample differ from what we find in its stream, and from what
    /// pyarrow finds in the stream that we write of it.
    private func differences(in name: JSONValue, _ peer: Peer) async throws -> [String] {
        let answer = try await peer.ask("arrow_write", ["name": name])
        let theirs = try Self.form(answer)
        let ours = try OurReading(base64: answer["stream"]?.stringValue ?? "")
        var found = [ours.form]
        for stream in [ours.written, ours.compressed] {
            let again = try await peer.ask("arrow_read", ["stream": .string(stream)])
            found.append(try Self.form(again))
        }
        return found.compactMap { difference(theirs, $0) }
    }

    @Test func theyReadWhatOurBuildersMake() async throws {
        let ours = try OurReading(BuiltTable.make())
        try await Peer.run { peer in
            for stream in [ours.written, ours.compressed] {
                let answer = try await peer.ask("arrow_read", ["stream": .string(stream)])
                let theirs = try Self.form(answer)
                #expect(difference(theirs, ours.form) == nil)
                let rows = theirs["batches"]?.arrayValue?.first?["rows"]?.intValue
                #expect(rows == 3)
            }
        }
    }

    /// Buffers of many blocks, of which some shrink and some do not.
    @Test func theyReadWhatWeCompress() async throws {
        var generator = SeededGenerator("theyReadWhatWeCompress")
        let rows = 40_000
        let numbers = (0..<rows).map { Int64($0 / 7) }
        let mixed = (0..<rows).map { row in
            row % 10_000 < 3_000 ? Int64(bitPattern: generator.next()) : Int64(row % 90)
        }
        let noise = (0..<rows).map { _ in Int64(bitPattern: generator.next()) }
        let texts = (0..<rows).map { "row \($0 % 1_000)" }
        let table = try Table([
            "numbers": Column(numbers), "mixed": Column(mixed), "noise": Column(noise),
            "texts": Column(texts),
        ])
        let ours = try OurReading(table)
        #expect(ours.compressed.utf8.count < ours.written.utf8.count * 3 / 4)
        try await Peer.run { peer in
            let answer = try await peer.ask("arrow_read", ["stream": .string(ours.compressed)])
            #expect(difference(try Self.form(answer), ours.form) == nil)
        }
    }

    private static func form(_ answer: JSONValue) throws -> JSONValue {
        try #require(answer["form"])
    }
}

/// What we find in a stream, and the stream that we write of it.
struct OurReading {
    let form: JSONValue
    /// Base64.
    let written: String
    /// The same with compressed bodies.
    let compressed: String

    init(base64 text: String) throws {
        let characters = Bytes(utf8: text)
        try self.init(Table(ipcStream: Base64.decode(characters.span)))
    }

    init(_ table: Table) throws {
        form = try JSONValue(parsing: Self.formText(table))
        written = try Self.base64(table, .portable)
        var options = WriteOptions.portable
        options.compression = .lz4
        compressed = try Self.base64(table, options)
    }

    private static func base64(
        _ table: Table, _ options: WriteOptions
    ) throws(ArrowError) -> String {
        let stream = try table.ipcStream(options: options)
        return String(repairing: Base64.encode(stream.span))
    }

    private static func formText(_ table: Table) throws(ArrowError) -> Bytes {
        try ArrowJSONForm.text(of: table)
    }
}
