import BridgeBytes
import BridgeClaims
import Foundation
import TestKit
import Testing

/// Rows of failures.md: C13, G4.
@Suite struct ContentCodingTests {
    private let gzip = Bytes([
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
        0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00,
    ])

    private func decode(_ names: String, limit: Int = 100) -> Result<Bytes, ClaimError> {
        do throws(ClaimError) {
            return .success(
                try ContentCoding.decode(
                    gzip, names, limit: limit, url: "http://a/x", correlationID: "c"))
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: ["gzip", "GZIP", " x-gzip ", "gzip, identity"])
    func `known codings are undone`(_ names: String) throws {
        #expect(String(validating: try decode(names).get()) == "hello hello hello\n")
    }

    @Test func `unknown, damaged and too large are told apart`() {
        func code(_ result: Result<Bytes, ClaimError>) -> ErrorCode? {
            if case .failure(let error) = result { error.code } else { nil }
        }
        #expect(code(decode("br")) == .undecodableContent)
        #expect(code(decode("gzip, gzip")) == .undecodableContent)
        #expect(code(decode("gzip", limit: 5)) == .tooLarge)
    }

    /// gzip of a million zeros and of that again: 1,018 and then 51 bytes or so.
    private func bomb(_ size: Int) async throws -> Bytes {
        let folder = try TemporaryDirectory()
        try Data(count: size).write(to: URL(fileURLWithPath: folder.file("zeros")))
        let path = folder.file("zeros")
        let command = "gzip -9 -n < '\(path)' | gzip -9 -n > '\(path).gz'"
        try await SpawnedProcess("/bin/sh", ["-c", command]).end()
        return Bytes([UInt8](try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))))
    }

    @Test func `what grows out of all proportion is refused, whatever the limit`() async throws {
        let coded = try await bomb(64 << 20)
        let longest = ContentCoding.longest(from: coded.count)
        #expect(longest < 64 << 20)
        let error = #expect(throws: ClaimError.self) {
            try ContentCoding.decode(
                coded, "gzip, gzip", limit: .max, url: "http://a/x", correlationID: "c")
        }
        #expect(error?.code == .tooLarge && error?.detail.contains("1000 times") == true)
        #expect(ContentCoding.longest(from: 1) == 1 << 20)
        #expect(ContentCoding.longest(from: .max) == .max)
    }

    @Test func `more codings than anybody needs are refused`() {
        if case .failure(let error) = decode("gzip, gzip, gzip, gzip") {
            #expect(error.code == .undecodableContent)
        } else {
            Issue.record("decoded")
        }
    }

    @Test func `what was vouched for is verified after decoding`() throws {
        let text = Bytes(utf8: "hello hello hello\n")
        func verify(_ size: Int?, _ checksum: String?) throws(ClaimError) {
            try ContentCoding.verify(
                text, size: size, checksum: checksum, url: "u", correlationID: "c")
        }
        try verify(18, Checksum(of: text).description)
        try verify(nil, nil)
        #expect(throws: ClaimError.self) { try verify(17, nil) }
        #expect(throws: ClaimError.self) { try verify(18, "xxh64:0000000000000000") }
    }
}
