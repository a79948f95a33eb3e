import BridgeBytes
import Foundation
import TestKit
import Testing

@Suite struct UniqueIDTests {
    /// Whether `text` is a version 4 UUID in lower case, the one form that we write.
    private static func isVersion4(_ text: String) -> Bool {
        guard UniqueID.isUUID(text) else { return false }
        let bytes = Array(text.utf8)
        return bytes[14] == 0x34 && Array("89ab".utf8).contains(bytes[19])
            && !bytes.contains { $0 >= 0x41 && $0 <= 0x46 }
    }

    @Test("Version 4 has its version and variant, and repeats with its seed")
    func version4() {
        var generator = SeededGenerator(#function)
        var seen: Set<String> = []
        for _ in 0..<1000 {
            let text = UniqueID.version4(using: &generator)
            #expect(Self.isVersion4(text), "\(text)")
            #expect(UUID(uuidString: text)?.uuidString.lowercased() == text)
            seen.insert(text)
        }
        #expect(seen.count == 1000)
        var one = SeededGenerator(seed: 7)
        var other = SeededGenerator(seed: 7)
        #expect(UniqueID.version4(using: &one) == UniqueID.version4(using: &other))
    }

    @Test("All random bits are used")
    func allBits() {
        var generator = SeededGenerator(#function)
        let digits = (0..<400).map { _ in Array(UniqueID.version4(using: &generator).utf8) }
        for place in 0..<36 where ![8, 13, 14, 18, 23].contains(place) {
            #expect(Set(digits.map { $0[place] }).count == (place == 19 ? 4 : 16), "\(place)")
        }
    }

    @Test("The UUID format of JSON Schema", .needsSharedData)
    func format() throws {
        for (text, valid) in try FormatVectors.strings("json/formats/uuid.json") {
            #expect(UniqueID.isUUID(text) == valid, "\(text)")
        }
    }

    @Test("Identifiers without version bits are recognised, but not as ours")
    func withoutVersion() {
        #expect(UniqueID.isUUID("0123abcd-0123-0123-0123-0123456789ab"))
        #expect(!Self.isVersion4("0123abcd-0123-0123-0123-0123456789ab"))
        #expect(!Self.isVersion4("0123ABCD-0123-4123-8123-0123456789ab"))
        #expect(!UniqueID.isUUID("0123abcd_0123_4123_8123_0123456789ab"))
    }

    @Test("Tokens are 22 letters and digits")
    func tokens() {
        var generator = SeededGenerator(#function)
        var used: Set<Character> = []
        for _ in 0..<500 {
            let token = UniqueID.token(using: &generator)
            #expect(token.count == 22)
            used.formUnion(token)
        }
        #expect(used.count == 62)
        #expect(used.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }

    @Test("128 bits in hexadecimal")
    func hex128() {
        struct Counter: RandomNumberGenerator {
            var value: UInt64 = 0x0123_4567_89AB_CDEF
            mutating func next() -> UInt64 {
                defer { value += 1 }
                return value
            }
        }
        var generator = Counter()
        let text = UniqueID.hex128(using: &generator)
        #expect(text == "0123456789abcdef0123456789abcdf0")
    }
}

/// The cases of a JSON Schema format file whose data is a string.
enum FormatVectors {
    private struct Group: Decodable {
        let tests: [Case]
    }

    private struct Case: Decodable {
        let text: String?
        let valid: Bool

        enum CodingKeys: String, CodingKey { case data, valid }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            text = try? values.decode(String.self, forKey: .data)
            valid = try values.decode(Bool.self, forKey: .valid)
        }
    }

    static func strings(_ path: String) throws -> [(String, Bool)] {
        let data = Data(Array(try SharedData.bytes(path)))
        let groups = try JSONDecoder().decode([Group].self, from: data)
        return groups.flatMap(\.tests).compactMap { item in item.text.map { ($0, item.valid) } }
    }
}
