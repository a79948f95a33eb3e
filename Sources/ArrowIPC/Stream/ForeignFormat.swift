internal import BridgeBytes

/// Knows other formats by their first bytes, so that their owner is told what the input is rather
/// than how its bytes would look as Arrow.
///
/// An Arrow stream begins with the mark of continuation or, in the legacy form, with the size of a
/// head: a number that leaves 4 when divided by 8 and is far below 150 MB, which is what four bytes
/// of text are at least. No signature here is such a number.
///
/// Four bytes decide: a stream that comes in pieces is called what it would be called as a whole.
enum ForeignFormat {
    /// What the owner of the input can do.
    private enum Advice: String {
        case convert =
            "read it with pyarrow, DuckDB or Polars, and write it as an Arrow file or stream"
        case feather =
            "an old format; pandas and pyarrow read it, and write Feather V2, an Arrow file"
        case unpack = "unpack it first"
        case rows = "convert it to Arrow, or send it as jsontable or dictionary"
        case media = "send it as image, audio, video or binary"
        case none = "there is nothing to read"
    }

    private struct Signature {
        let name: String
        let bytes: [UInt8]
        let advice: Advice

        init(_ name: String, _ bytes: [UInt8], _ advice: Advice) {
            self.name = name
            self.bytes = bytes
            self.advice = advice
        }
    }

    private static let signatures: [Signature] = [
        Signature("Parquet", Array("PAR1".utf8), .convert),
        Signature("Parquet, encrypted", Array("PARE".utf8), .convert),
        Signature("ORC", Array("ORC".utf8), .convert),
        Signature("Feather V1", Array("FEA1".utf8), .feather),
        Signature("Avro", Array("Obj".utf8) + [1], .convert),
        Signature("HDF5", [0x89] + Array("HDF".utf8), .convert),
        Signature("SQLite", Array("SQLi".utf8), .convert),
        Signature("NumPy", [0x93] + Array("NUM".utf8), .convert),
        Signature("a pickle of Python", [0x80, 0x04, 0x95], .convert),
        Signature("a pickle of Python", [0x80, 0x05, 0x95], .convert),
        Signature("gzip", [0x1F, 0x8B, 0x08], .unpack),
        Signature("bzip2", Array("BZh".utf8), .unpack),
        Signature("Zstandard", [0x28, 0xB5, 0x2F, 0xFD], .unpack),
        Signature("LZ4", [0x04, 0x22, 0x4D, 0x18], .unpack),
        Signature("xz", [0xFD] + Array("7zX".utf8), .unpack),
        Signature("7-Zip", Array("7z".utf8) + [0xBC, 0xAF], .unpack),
        Signature("RAR", Array("Rar!".utf8), .unpack),
        Signature("ZIP", Array("PK".utf8) + [3, 4], .unpack),
        Signature("ZIP", Array("PK".utf8) + [5, 6], .unpack),
        Signature("PNG", [0x89] + Array("PNG".utf8), .media),
        Signature("JPEG", [0xFF, 0xD8, 0xFF], .media),
        Signature("GIF", Array("GIF8".utf8), .media),
        Signature("PDF", Array("%PDF".utf8), .media),
        Signature("WAV or AVI", Array("RIFF".utf8), .media),
        Signature("Ogg", Array("OggS".utf8), .media),
        Signature("FLAC", Array("fLaC".utf8), .media),
        Signature("a program", [0x7F] + Array("ELF".utf8), .media),
        Signature("text in UTF-16", [0xFF, 0xFE], .rows),
        Signature("text in UTF-16", [0xFE, 0xFF], .rows),
    ]

    /// Bytes that are looked at, all signatures' among them.
    private static let prefix = 4

    /// The error of an input of another format; nil when it may be Arrow.
    static func error(of input: Bytes) -> ArrowError? {
        for signature in signatures where input.count >= signature.bytes.count {
            if Scan.equal(input[0..<signature.bytes.count].span, signature.bytes.span) {
                return error(signature.name, signature.advice)
            }
        }
        return textName(of: input).map { error($0, .rows) }
    }

    /// The error of an input without a byte.
    static var emptyInput: ArrowError { error("an empty input", .none) }

    private static func textName(of input: Bytes) -> String? {
        let start = input[0..<min(input.count, prefix)]
        // ASCII without control characters, or the beginning of other letters, such as a byte-order
        // mark. Four of these are a number that no head of a legacy stream has as its size: with a
        // last byte of ASCII, be it a line's end, it is too large, and with any other negative.
        let isText = start.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
        guard isText, start.count == prefix, isUTF8(start) else { return nil }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let first = start.first { $0 > 0x20 && !mark.contains($0) }
        let isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        return isJSON ? "JSON" : "text, such as CSV"
    }

    /// Whether bytes are UTF-8, but for a character that is cut off at the end.
    private static func isUTF8(_ bytes: Bytes) -> Bool {
        guard let invalid = UTF8Check.firstInvalid(in: bytes.span) else { return true }
        return bytes[invalid] >= 0xC2 && bytes[invalid] < 0xF5
            && bytes[(invalid + 1)...].allSatisfy { $0 & 0xC0 == 0x80 }
    }

    private static func error(_ name: String, _ advice: Advice) -> ArrowError {
        ArrowError(.notArrow, stage: .framing, "not Arrow (\(name)): \(advice.rawValue)")
    }
}
