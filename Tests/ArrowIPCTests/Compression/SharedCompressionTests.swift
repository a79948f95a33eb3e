import ArrowIPC
import BridgeBytes
import TestKit
import Testing

/// Frames of other projects and their command lines: good ones equal the plain file beside them,
/// bad ones are refused, and what fuzzers found elsewhere does not trap here.
@Suite(.needsSharedData) struct SharedCompressionTests {
    private static let folder = "compression"
    private static let corpus = SharedData.files(
        in: "\(folder)/zstd-decodecorpus", suffix: ".zst")
    private static let lz4Pairs = SharedData.files(in: "\(folder)/lz4/testdata", suffix: ".lz4")
        .filter { !$0.contains("malformed") }

    @Test(arguments: corpus + lz4Pairs) func pairsAreEqual(file: String) throws {
        let format = try #require(FrameFormat.allCases.first { file.hasSuffix($0.rawValue) })
        let content = try format.decompress(try SharedData.bytes(file))
        #expect(content == (try SharedData.bytes(String(file.dropLast(4)))))
    }

    @Test(
        arguments: SharedData.files(in: "\(folder)/own/lz4")
            + SharedData.files(in: "\(folder)/own/zstd"))
    func ownFramesHoldTheirPlainFiles(file: String) throws {
        let format = try #require(FrameFormat.allCases.first { file.hasSuffix($0.rawValue) })
        let name = try #require(file.split(separator: "/").last)
        let bytes = try SharedData.bytes(file)
        guard !name.contains("legacy") else {
            #expect(format.refusal(of: bytes)?.code == .unsupportedFeature)
            return
        }
        func plain(_ name: String) throws -> Bytes {
            try SharedData.bytes("\(Self.folder)/own/\(name)")
        }
        let one = try plain("one.bin")
        let expected: Bytes =
            switch name.prefix(while: { $0 != "." }) {
            case "empty": Bytes()
            case "one": one
            case "random": try plain("random.bin")
            case "skippable-between": Bytes([UInt8](one) + [UInt8](one))
            case "two-frames": Bytes([UInt8](one) + [UInt8](try plain("plain.txt")))
            default: try plain("plain.txt")
            }
        #expect(try format.decompress(bytes) == expected)
    }

    @Test func goldenFramesOfTheReferenceInflate() throws {
        let golden = "\(Self.folder)/zstd/tests/golden-decompression/"
        for (name, count) in [
            ("block-128k", 131_068), ("empty-block", 0), ("rle-first-block", 1_048_576),
            ("zeroSeq_2B", 13),
        ] {
            let bytes = try SharedData.bytes(golden + name + ".zst")
            #expect(try FrameFormat.zstandard.decompress(bytes).count == count, "\(name)")
        }
        let skip = try SharedData.bytes("\(Self.folder)/lz4/lz4-golden-skip.bin")
        #expect(try FrameFormat.lz4.decompress(skip).isEmpty)
        #expect(try FrameFormat.zstandard.decompress(skip).isEmpty)
        let window = "\(Self.folder)/zstd-bombs-and-fuzz/ruzstd/test_fixtures/window_8mib.zst"
        #expect(try FrameFormat.zstandard.decompress(SharedData.bytes(window)).count == 155_648)
    }

    @Test(
        arguments: SharedData.files(in: "\(folder)/zstd/tests/golden-decompression-errors")
            + ["\(folder)/lz4/testdata/malformed.block.lz4"])
    func brokenFramesAreRefused(file: String) throws {
        let format: FrameFormat = file.hasSuffix("lz4") ? .lz4 : .zstandard
        #expect(format.refusal(of: try SharedData.bytes(file))?.code == .invalidCompression)
    }

    /// What bombs hold, or claim, is over the limit, which is what the envelope declared.
    @Test(
        arguments: [
            ("zeros-1GiB.zst", .limitExceeded), ("zeros-32MiB.lz4", .limitExceeded),
            ("rle-128KiB-x100.zst", .limitExceeded), ("declares-2e60.zst", .limitExceeded),
            ("declares-2e60.lz4", .limitExceeded), ("single-segment-2e60.zst", .limitExceeded),
            ("window-max.zst", .limitExceeded), ("block-size-4GiB.lz4", .invalidCompression),
            ("bad-header-checksum.lz4", .invalidCompression),
            ("bad-version.lz4", .invalidCompression), ("reserved-block.zst", .invalidCompression),
        ] as [(String, ErrorCode)])
    func bombsAreRefused(name: String, code: ErrorCode) throws {
        let format: FrameFormat = name.hasSuffix("lz4") ? .lz4 : .zstandard
        let bytes = try SharedData.bytes("\(Self.folder)/own/bombs/\(name)")
        #expect(format.refusal(of: bytes, limit: 1 << 20)?.code == code)
    }

    private static let fuzz =
        ["decode", "decode_dict", "fse", "huff0", "interop"].flatMap {
            SharedData.files(in: "\(folder)/zstd-bombs-and-fuzz/ruzstd/fuzz/artifacts/\($0)")
        }

    @Test(arguments: fuzz) func foundByFuzzersOfOthers(file: String) throws {
        let bytes = try SharedData.bytes(file)
        for format in FrameFormat.allCases {
            if let error = format.refusal(of: bytes, limit: 1 << 20) {
                #expect(error.stage == .compression)
            }
        }
    }

    /// Raw blocks, put into frames here.
    @Test(arguments: SharedData.files(in: "\(folder)/lz4-block-fuzz/fuzz/uncompress/corpus"))
    func rawBlocksFoundByFuzzersOfOthers(file: String) throws {
        let block = [UInt8](try SharedData.bytes(file))
        let frame = LZ4Frame(blocks: [block]).bytes
        if let error = FrameFormat.lz4.refusal(of: frame, limit: 1 << 20) {
            #expect(error.code == .invalidCompression)
        }
    }
}
