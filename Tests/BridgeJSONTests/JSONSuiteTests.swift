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

@Suite struct JSONSuiteTests {
    private static func files(_ prefix: String) -> [String] {
        SharedData.files(in: "json/test_parsing", suffix: ".json")
            .filter { $0.split(separator: "/").last?.hasPrefix(prefix) ?? false }
    }

    private static func parse(_ file: String) throws -> Result<JSONValue, JSONError> {
        let bytes = try SharedData.bytes(file)
        do throws(JSONError) {
            return .success(try JSONValue(parsing: bytes))
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

    @Test(.needsSharedData, arguments: files("n_"))
    func `what is not JSON is refused inside the text`(_ file: String) throws {
        guard case .failure(let error) = try Self.parse(file) else {
            Issue.record("\(file) was accepted")
            return
        }
        #expect(error.offset >= 0)
    }

    @Test(.needsSharedData, arguments: files("i_"))
    func `what is left open is decided, and stays so`(_ file: String) throws {
        let name = file.split(separator: "/").last.map { String($0.dropLast(5)) } ?? ""
        let expected = openCases[name] ?? false
        if case .success = try Self.parse(file) {
            #expect(expected, "\(file) was accepted")
        } else {
            #expect(!expected, "\(file) was refused")
        }
    }
}
