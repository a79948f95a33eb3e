import BridgeBytes
import BridgeJSON
import TestKit
import Testing

/// The cases that RFC 8259 leaves open, and how they are decided here.
private let openCases: [String: Bool] = [
    "i_number_double_huge_neg_exp": true, "i_number_huge_exp": true,
    "i_number_neg_int_huge_exp": true, "i_number_pos_double_huge_exp": true,
    "i_number_real_neg_overflow": true, "i_number_real_pos_overflow": true,
    "i_number_real_underflow": true, "i_number_too_big_neg_int": true,
    "i_number_too_big_pos_int": true, "i_number_very_big_negative_int": true,
]

/// Those that hold half a character as an escape, which is replaced where the caller wants that.
private let loneSurrogateCases: Set<String> = [
    "i_object_key_lone_2nd_surrogate", "i_string_1st_surrogate_but_2nd_missing",
    "i_string_1st_valid_surrogate_2nd_invalid", "i_string_incomplete_surrogate_and_escape_valid",
    "i_string_incomplete_surrogate_pair", "i_string_incomplete_surrogates_escape_valid",
    "i_string_invalid_lonely_surrogate", "i_string_invalid_surrogate",
    "i_string_inverted_surrogates_U+1D11E", "i_string_lone_second_surrogate",
]

@Suite struct JSONSuiteTests {
    private static func files(_ prefix: String) -> [String] {
        SharedData.files(in: "json/test_parsing", suffix: ".json")
            .filter { $0.split(separator: "/").last?.hasPrefix(prefix) ?? false }
    }

    private static func parse(
        _ file: String, _ loneSurrogates: LoneSurrogates = .refused
    ) throws -> Result<JSONValue, JSONError> {
        let bytes = try SharedData.bytes(file)
        do throws(JSONError) {
            return .success(try JSONValue(parsing: bytes, loneSurrogates: loneSurrogates))
        } catch {
            return .failure(error)
        }
    }

    @Test(.needsSharedData, arguments: files("y_"))
    func `what is JSON is read, and written so that it reads the same`(_ file: String) throws {
        let value: JSONValue
        switch try Self.parse(file) {
        case .success(let parsed): value = parsed
        case .failure(let error):
            // Two cases repeat a key, which the grammar allows and this reader refuses.
            #expect(error.code == .duplicateKey && file.contains("duplicated_key"))
            return
        }
        #expect(try JSONValue(parsing: value.encoded()) == value)
    }

    @Test(.needsSharedData, arguments: files("n_"), [LoneSurrogates.refused, .replaced])
    func `what is not JSON is refused inside the text`(
        _ file: String, _ loneSurrogates: LoneSurrogates
    ) throws {
        guard case .failure(let error) = try Self.parse(file, loneSurrogates) else {
            Issue.record("\(file) was accepted")
            return
        }
        #expect(try #require(error.offset) >= 0)
    }

    @Test(.needsSharedData, arguments: files("i_"), [LoneSurrogates.refused, .replaced])
    func `what is left open is decided, and stays so`(
        _ file: String, _ loneSurrogates: LoneSurrogates
    ) throws {
        let name = file.split(separator: "/").last.map { String($0.dropLast(5)) } ?? ""
        let isLoneSurrogate = loneSurrogateCases.contains(name)
        let expected = openCases[name] ?? (isLoneSurrogate && loneSurrogates == .replaced)
        switch try Self.parse(file, loneSurrogates) {
        case .success(let value):
            #expect(expected, "\(file) was accepted")
            #expect(try JSONValue(parsing: value.encoded()) == value)
            #expect(value.description.contains("\u{FFFD}") == isLoneSurrogate)
        case .failure(let error):
            #expect(!expected, "\(file) was refused")
            if isLoneSurrogate { #expect(error.code == .loneSurrogate) }
        }
    }
}
