import BridgeBytes
import BridgeClaims
import Testing

/// Rows of failures.md: C2.
@Suite struct ChecksumStatementTests {
    @Test("A known name with a value of its kind can be verified")
    func known() {
        for algorithm in ChecksumAlgorithm.allCases {
            let checksum = Checksum(of: [1, 2, 3], algorithm)
            #expect(ChecksumStatement(parsing: checksum.description) == .known(checksum))
            #expect(
                ChecksumStatement(parsing: checksum.description.uppercased()) == .known(checksum))
        }
    }

    @Test("An unknown name cannot, and is told")
    func unknown() {
        #expect(ChecksumStatement(parsing: "md5:00") == .unknownName("md5"))
        #expect(ChecksumStatement(parsing: "SHA512:zz") == .unknownName("SHA512"))
        #expect(ChecksumStatement(parsing: ":00") == .unknownName(""))
        #expect(ChecksumStatement(parsing: "") == .unknownName(""))
        #expect(ChecksumStatement(parsing: "4c207598af7a20db") == .unknownName(""))
        let long = String(repeating: "x", count: 5000)
        #expect(
            ChecksumStatement(parsing: long + ":00") == .unknownName(String(long.prefix(40))))
    }

    @Test(
        "A known name with another value is malformed",
        arguments: [
            "xxh64:", "xxh64:12", "xxh64:4c207598af7a20dg", "xxh64:4c207598af7a20db0",
            "sha256:4c207598af", "SHA256:", "sha256: ", "xxh64:xxh64:4c207598af7a20db",
        ])
    func malformed(text: String) {
        #expect(ChecksumStatement(parsing: text) == .malformed)
    }
}
