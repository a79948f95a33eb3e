import BridgeBytes
import FuzzEntries
import TestKit
import Testing

/// Every committed input of the fuzz targets goes through the same checks in every test run.
@Suite struct HTTPFuzzCorpusTests {
    struct Corpus: Sendable, CustomTestStringConvertible {
        let folder: String
        let entry: @Sendable (Bytes) -> String?
        var testDescription: String { folder }
    }

    static let all = [
        Corpus(folder: "Fixtures/fuzz/HTTPRequestFuzz", entry: HTTPFuzz.requests),
        Corpus(folder: "Fixtures/fuzz/HTTPResponseFuzz", entry: HTTPFuzz.answers),
        Corpus(folder: "Fixtures/fuzz/HTTPFormFuzz", entry: HTTPFuzz.form),
        Corpus(folder: "Fixtures/fuzz/HTTPValueFuzz", entry: HTTPFuzz.values),
    ]

    @Test(arguments: all)
    func `no input breaks what is held of its parser, whole, cut or with one byte changed`(
        _ corpus: Corpus
    ) throws {
        var generator = SeededGenerator(corpus.folder)
        let names = TestFile.names(in: PackageRoot.file(corpus.folder))
        #expect(names.count >= 4)
        for name in names {
            let input = Array(
                try TestFile.bytes(PackageRoot.file("\(corpus.folder)/\(name)")))
            #expect(corpus.entry(Bytes(input)) == nil, "\(name)")
            for position in input.indices {
                var changed = input
                changed[position] = UInt8.random(in: .min ... .max, using: &generator)
                #expect(corpus.entry(Bytes(changed)) == nil, "\(name): \(changed)")
                #expect(corpus.entry(Bytes(Array(input[..<position]))) == nil, "\(name) cut")
            }
        }
    }
}
