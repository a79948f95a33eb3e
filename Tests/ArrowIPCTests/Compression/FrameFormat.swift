import ArrowIPC
import BridgeBytes
import BridgeJSON
import TestKit
import Testing

/// The two compressed formats, as one kind of function.
enum FrameFormat: String, CaseIterable, Sendable {
    case lz4 = "lz4"
    case zstandard = "zst"

    func decompress(_ bytes: Bytes, limit: Int = 64 << 20) throws(ArrowError) -> Bytes {
        switch self {
        case .lz4: try LZ4FrameDecoder.decompress(bytes.span, limit: limit)
        case .zstandard: try ZstandardFrameDecoder.decompress(bytes.span, limit: limit)
        }
    }

    /// The error of an input; nil when it inflates.
    func refusal(of bytes: Bytes, limit: Int = 64 << 20) -> ArrowError? {
        do throws(ArrowError) {
            _ = try decompress(bytes, limit: limit)
            return nil
        } catch { return error }
    }
}

/// A compressed file of Fixtures/compression and what it holds.
struct CompressedFixture: CustomTestStringConvertible, Sendable {
    let name: String
    let size: Int
    let digest: String
    var testDescription: String { name }
    var format: FrameFormat { name.hasSuffix("lz4") ? .lz4 : .zstandard }

    func bytes() throws -> Bytes {
        try TestFile.bytes(PackageRoot.file("Fixtures/compression/" + name))
    }

    static let all: [CompressedFixture] = {
        let path = PackageRoot.file("Fixtures/compression/expected.json")
        guard let text = try? TestFile.bytes(path), let value = try? JSONValue(parsing: text),
            let object = value.objectValue
        else { return [] }
        return object.map { name, value in
            CompressedFixture(
                name: name, size: value["size"]?.intValue ?? -1,
                digest: value["xxh64"]?.stringValue ?? "")
        }
    }()
}

/// The XXH64 of bytes, in hexadecimal digits.
func hexDigest(_ bytes: Bytes) -> String {
    var digest = XXH64()
    digest.update(bytes.span)
    let text = String(digest.finalize(), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}
