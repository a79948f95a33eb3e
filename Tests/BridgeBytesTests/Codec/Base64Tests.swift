import BridgeBytes
import Foundation
import TestKit
import Testing

@Suite struct Base64Tests {
    private struct Vectors: Decodable {
        let examples: [[String]]
        let refused: [String]

        enum CodingKeys: String, CodingKey {
            case examples = "rfc4648_section10"
            case refused = "strict_decoder_must_refuse"
        }
    }

    private func encoded(_ bytes: [UInt8]) -> String? {
        String(validating: Base64.encode(bytes.span))
    }

    private func decoded(
        _ text: String, _ strictness: Base64.Strictness = .strict
    ) throws -> [UInt8] {
        Array(try Base64.decode(Array(text.utf8).span, strictness))
    }

    @Test("The examples of RFC 4648, section 10, both ways", .needsSharedData)
    func standardExamples() throws {
        let data = Data(Array(try SharedData.bytes("json/formats/base64.json")))
        let vectors = try JSONDecoder().decode(Vectors.self, from: data)
        #expect(vectors.examples.count == 7)
        for pair in vectors.examples {
            #expect(encoded(Array(pair[0].utf8)) == pair[1])
            #expect(try decoded(pair[1]) == Array(pair[0].utf8))
        }
        for text in vectors.refused {
            #expect(throws: CodecError.self, "\(text.debugDescription)") { try decoded(text) }
        }
    }

    @Test("Forgiving decoding as browsers do it", .needsSharedData)
    func forgiving() throws {
        let data = Data(Array(try SharedData.bytes("json/formats/wpt-forgiving-base64.json")))
        let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[Any]])
        #expect(rows.count == 71)
        for row in rows {
            let text = try #require(row[0] as? String)
            if let expected = row[1] as? [Int] {
                #expect(try decoded(text, .lenient) == expected.map(UInt8.init), "\(text)")
            } else {
                #expect(throws: CodecError.self, "\(text.debugDescription)") {
                    try decoded(text, .lenient)
                }
            }
        }
    }

    @Test("Every length agrees with another implementation, both ways")
    func everyLength() throws {
        var generator = SeededGenerator(#function)
        for count in 0..<200 {
            let bytes = generator.bytes(count)
            let text = Data(bytes).base64EncodedString()
            #expect(encoded(bytes) == text)
            #expect(text.utf8.count == Base64.encodedCount(count))
            #expect(try decoded(text) == bytes)
            #expect(try decoded(text, .lenient) == bytes)
        }
    }

    @Test("A wrong character is found at its place, wherever it is")
    func faultPosition() throws {
        let text = Array(Data(repeating: 0xA7, count: 60).base64EncodedString().utf8)
        for position in text.indices {
            for wrong in [UInt8(0), 0x20, 0x2D, 0x80, 0xFF] {
                var broken = text
                broken[position] = wrong
                #expect(throws: CodecError(.invalidCharacter, at: position)) {
                    try Base64.decode(broken.span)
                }
            }
        }
    }

    @Test("Faults of the end are told apart")
    func faultsAtTheEnd() {
        let cases: [(String, CodecError)] = [
            ("QUJD=", CodecError(.truncated, at: 5)),
            ("QUI", CodecError(.truncated, at: 3)),
            ("Q===", CodecError(.invalidPadding, at: 1)),
            ("QQ=A", CodecError(.invalidPadding, at: 3)),
            ("QQ==QQ==", CodecError(.invalidPadding, at: 2)),
            ("QR==", CodecError(.nonCanonical, at: 1)),
            ("QUJ=", CodecError(.nonCanonical, at: 2)),
        ]
        for (text, error) in cases {
            #expect(throws: error, "\(text)") { try decoded(text) }
        }
    }

    @Test("The lenient form takes the URL-safe alphabet, blanks and missing padding")
    func lenientForms() throws {
        #expect(try decoded("-_-_", .lenient) == decoded("+/+/"))
        #expect(try decoded(" Q Q\r\n", .lenient) == [0x41])
        #expect(throws: CodecError.self) { try decoded("-_-_") }
    }

    @Test("Encoding appends to what is there")
    func appends() {
        var writer = ByteWriter()
        writer.append("\"")
        Base64.encode([1, 2, 3, 4].span, into: &writer)
        writer.append("\"")
        #expect(String(validating: writer.finish()) == "\"AQIDBA==\"")
    }
}
