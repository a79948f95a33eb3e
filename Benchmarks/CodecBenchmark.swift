import BridgeBytes
import BridgeJSON

/// Base64, digests and JSON, each on one core.
enum CodecBenchmark {
    static func run() async throws {
        let size = 64 << 20
        let bytes = Bytes((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
        let text = Base64.encode(bytes.span)
        await Measurement(name: "memory.copy", count: size, unit: .byte).run {
            consume(bytes.copied().count)
        }
        await Measurement(name: "base64.encode", count: size, unit: .byte).run {
            consume(Base64.encode(bytes.span).count)
        }
        try await Measurement(name: "base64.decode", count: text.count, unit: .byte).run {
            consume(try Base64.decode(text.span).count)
        }
        await Measurement(name: "xxh64", count: size, unit: .byte).run {
            var digest = XXH64()
            digest.update(bytes.span)
            consume(digest.finalize())
        }
        await Measurement(name: "sha256", count: size, unit: .byte, repetitions: 3).run {
            var digest = SHA256()
            digest.update(bytes.span)
            consume(digest.finalize())
        }
        try await json()
    }

    private static func json() async throws {
        let rows = (0..<20_000).map { row -> JSONValue in
            ["id": .number(JSONNumber(row)), "name": .string("row number \(row)"), "ok": true]
        }
        let text = JSONValue.array(rows).encoded()
        try await Measurement(name: "json.parse", count: text.count, unit: .byte).run {
            consume(try JSONValue(parsing: text))
        }
        let value = try JSONValue(parsing: text)
        await Measurement(name: "json.write", count: text.count, unit: .byte).run {
            consume(value.encoded().count)
        }
    }
}
