internal import BridgeBytes
internal import FuzzEntries
internal import TestKit
internal import Testing

/// Every committed input of the fuzz targets goes through the same checks in every test run.
@Suite struct FuzzCorpusTests {
    struct Corpus: Sendable, CustomTestStringConvertible {
        let folder: String
        let entry: @Sendable (Bytes) -> String?
        var testDescription: String { folder }
    }

    static let all = [
        Corpus(folder: "Fixtures/fuzz/FrameParserFuzz", entry: NATSFuzz.frameParser),
        Corpus(folder: "Fixtures/fuzz/ClientFrameParserFuzz", entry: NATSFuzz.clientFrameParser),
        Corpus(folder: "Fixtures/fuzz/HeaderBlockFuzz", entry: NATSFuzz.headerBlock),
        Corpus(folder: "Fixtures/fuzz/ServerInfoFuzz", entry: NATSFuzz.serverInfo),
        Corpus(folder: "Fixtures/fuzz/ServerURLFuzz", entry: NATSFuzz.serverURL),
        Corpus(folder: "Fixtures/fuzz/SubjectFuzz", entry: NATSFuzz.subject),
        Corpus(
            folder: "Fixtures/fuzz/CredentialsFileFuzz", entry: NATSFuzz.credentialsFile),
        Corpus(folder: "Fixtures/fuzz/WebSocketFuzz", entry: NATSFuzz.webSocket),
        Corpus(folder: "Fixtures/fuzz/TLSRecordFuzz", entry: TLSFuzz.records),
        Corpus(folder: "Fixtures/fuzz/JetStreamFuzz", entry: JetStreamFuzz.words),
    ]

    @Test(arguments: all) func `no input breaks what is held of its parser`(_ corpus: Corpus) throws
    {
        let names = TestFile.names(in: PackageRoot.file(corpus.folder))
        #expect(names.count >= 4)
        for name in names {
            let input = try TestFile.bytes(PackageRoot.file("\(corpus.folder)/\(name)"))
            #expect(corpus.entry(input) == nil, "\(name)")
        }
    }

    @Test(arguments: all) func `nor does any of them with one byte changed or cut`(
        _ corpus: Corpus
    ) throws {
        var generator = SeededGenerator(corpus.folder)
        for name in TestFile.names(in: PackageRoot.file(corpus.folder)) {
            let input = Array(
                try TestFile.bytes(PackageRoot.file("\(corpus.folder)/\(name)")))
            for position in input.indices {
                var changed = input
                changed[position] = UInt8.random(in: .min ... .max, using: &generator)
                #expect(corpus.entry(Bytes(changed)) == nil, "\(name): \(changed)")
                #expect(corpus.entry(Bytes(Array(input[..<position]))) == nil, "\(name) cut")
            }
        }
    }
}
