import BridgeBytes
import BridgeHTTP
import TestKit
import Testing

/// Rows of failures.md: G4.
@Suite struct InflateTests {
    /// "hello hello hello\n" as gzip, made by Python's `gzip.compress(…, mtime=0)`.
    private static let hello = Bytes([
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
        0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00,
    ])
    private static let text = "hello hello hello\n"

    private func failure(_ bytes: Bytes, limit: Int = 1 << 20) -> Inflate.Failure? {
        do throws(Inflate.Failure) {
            _ = try Inflate.content(of: bytes, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    @Test func `gzip is undone, in one member or several`() throws {
        let one = try Inflate.content(of: Self.hello, limit: 18)
        #expect(String(validating: one) == Self.text)
        let two = Bytes(Array(Self.hello) + Array(Self.hello))
        #expect(try Inflate.content(of: two, limit: 36).count == 36)
    }

    @Test func `every prefix is truncated, and every flipped byte of the content is noticed`() {
        for count in 0..<Self.hello.count {
            #expect(failure(Self.hello[0..<count]) != nil)
        }
        for index in 10..<Self.hello.count {
            var bytes = Array(Self.hello)
            bytes[index] ^= 0x41
            #expect(failure(Bytes(bytes)) != nil, "byte \(index)")
        }
        #expect(failure(Bytes(Array(Self.hello) + [0])) == .trailingBytes)
    }

    @Test func `the limit holds while inflating`() {
        #expect(failure(Self.hello, limit: 17) == .tooLarge)
        #expect(failure(Self.hello, limit: 18) == nil)
    }

    @Test(.needsSharedData) func `a bomb costs no more than the limit`() throws {
        let bomb = try SharedData.bytes("compression/own/bombs/zeros-256MiB.gz")
        #expect(failure(bomb, limit: 1 << 20) == .tooLarge)
    }

    @Test(
        .needsSharedData,
        arguments: SharedData.files(in: "compression/gzip/test/data", suffix: ".gz"))
    func `golden files come out as they went in`(_ file: String) throws {
        let coded = try SharedData.bytes(file)
        let plain = String(file.dropLast(3))
        guard TestFile.exists(SharedData.path(plain)) else { return }
        let expected = try SharedData.bytes(plain)
        #expect(try Inflate.content(of: coded, limit: 64 << 20) == expected)
    }
}
