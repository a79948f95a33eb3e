internal import BridgeBytes

/// Knows other formats by their first bytes, so that their owner is told what the input is rather
/// than how its bytes would look as Arrow.
///
/// An Arrow stream begins with the mark of continuation or, in the legacy form, with the size of a
/// head: a number that leaves 4 when divided by 8 and is far below half a gigabyte. No signature
/// here is such a number.
///
/// Four bytes decide: a stream that comes in pieces is called what it would be called as a whole.
enum ForeignFormat {
    private static let signatures: [(name: String, bytes: [UInt8])] = [
        ("Parquet", Array("PAR1".utf8)), ("Parquet, encrypted", Array("PARE".utf8)),
        ("ORC", Array("ORC".utf8)), ("Feather V1", Array("FEA1".utf8)),
        ("Avro", Array("Obj".utf8) + [1]), ("HDF5", [0x89] + Array("HDF".utf8)),
        ("gzip", [0x1F, 0x8B, 0x08]), ("bzip2", Array("BZh".utf8)),
        ("Zstandard", [0x28, 0xB5, 0x2F, 0xFD]), ("LZ4", [0x04, 0x22, 0x4D, 0x18]),
        ("xz", [0xFD] + Array("7zX".utf8)), ("ZIP", Array("PK".utf8) + [3, 4]),
        ("ZIP", Array("PK".utf8) + [5, 6]), ("SQLite", Array("SQLi".utf8)),
        ("PNG", [0x89] + Array("PNG".utf8)), ("JPEG", [0xFF, 0xD8, 0xFF]),
        ("PDF", Array("%PDF".utf8)), ("WAV or AVI", Array("RIFF".utf8)),
        ("GIF", Array("GIF8".utf8)), ("a program", [0x7F] + Array("ELF".utf8)),
    ]

    /// Bytes that are looked at, all signatures' among them.
    private static let prefix = 4

    /// The name of the format that the input has instead; nil when it may be Arrow.
    static func name(of input: Bytes) -> String? {
        for (name, bytes) in signatures
        where input.count >= bytes.count && Scan.equal(input[0..<bytes.count].span, bytes.span) {
            return name
        }
        return textName(of: input)
    }

    private static func textName(of input: Bytes) -> String? {
        let start = input[0..<min(input.count, prefix)]
        let isText = start.allSatisfy { $0 >= 0x20 && $0 < 0x7F || (0x09...0x0D).contains($0) }
        // The head of a legacy stream cannot be as large as four characters say.
        guard isText, start.count == prefix else { return nil }
        let first = start.first { $0 > 0x20 }
        let isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        return isJSON ? "JSON" : "text, such as CSV"
    }

    /// The error of an input that is no Arrow data.
    static func error(_ name: String) -> ArrowError {
        ArrowError(.notArrow, stage: .framing, "not Arrow (\(name))")
    }
}
