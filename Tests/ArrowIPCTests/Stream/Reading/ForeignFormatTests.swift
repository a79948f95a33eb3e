import ArrowIPC
import BridgeBytes
import Testing

/// What is no Arrow data is told to be what it is.
@Suite struct ForeignFormatTests {
    private static func failure(_ bytes: Bytes) -> ArrowError? {
        do throws(ArrowError) {
            _ = try Table(ipcStream: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            ([0x50, 0x41, 0x52, 0x31, 0x15, 0x04, 0, 0], "Parquet"),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "PNG"),
            ([0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0], "gzip"),
            ([0x50, 0x4B, 3, 4, 0x14, 0, 0, 0], "ZIP"),
            ([0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], "Zstandard"),
            (Array("{\"a\": 1}".utf8), "JSON"), (Array("\n [1, 2]".utf8), "JSON"),
            (Array("FEA1".utf8) + [0, 0, 0, 0], "Feather V1"),
            (Array("Größe;Ä\n".utf8), "text, such as CSV"),
            (Array("é,b\n".utf8), "text, such as CSV"), (Array("日本,1\n".utf8), "text, such as CSV"),
            ([0xEF, 0xBB, 0xBF] + Array("[1]".utf8), "JSON"),
            ([0xEF, 0xBB, 0xBF] + Array("id;x".utf8), "text, such as CSV"),
            (Array("id,name\n1,x\n".utf8), "text, such as CSV"), ([], "an empty input"),
            // A line that ends with the fourth byte.
            (Array("a,b\n1,2\n".utf8), "text, such as CSV"),
            (Array("a,b\r\n1,2".utf8), "text, such as CSV"),
            (Array("a\tb\t".utf8), "text, such as CSV"), (Array("lat\n".utf8), "text, such as CSV"),
            ([0xFF, 0xFE, 0x61, 0x00, 0x2C, 0x00], "text in UTF-16"),
            ([0x93] + Array("NUMPY".utf8), "NumPy"), ([0x80, 4, 0x95, 0, 0], "a pickle of Python"),
            (Array("SQLite format 3".utf8), "SQLite"),
            // Found by fuzzing: text as far as four bytes show, and none in the end.
            (Array("AEF2".utf8) + [0, 0, 0, 6], "text, such as CSV"),
        ] as [([UInt8], String)])
    func `other formats are named`(_ bytes: [UInt8], _ name: String) {
        let error = Self.failure(Bytes(bytes))
        #expect(error?.code == .notArrow && error?.stage == .framing)
        let text = error.map { "\($0)" } ?? ""
        #expect(text.hasPrefix("framing: not Arrow (\(name)): "))
        #expect(text.hasSuffix(" (not_arrow)"))
        // The same when it comes in pieces.
        var decoder = StreamDecoder()
        let late = #expect(throws: ArrowError.self) {
            for byte in bytes {
                decoder.feed(Bytes([byte]))
                _ = try decoder.next()
            }
            decoder.finish()
            while try decoder.next() != nil {}
        }
        #expect(late == error)
    }

    @Test func `damaged Arrow data is not called another format`() {
        #expect(Self.failure([0x00, 0x1B, 0x00, 0x48])?.code == .limitExceeded)
        #expect(Self.failure([0xFF, 0xFF, 0xFF, 0xFF, 0x10])?.code == .truncated)
        #expect(Self.failure([0x41, 0x52])?.code == .truncated)
    }
}
