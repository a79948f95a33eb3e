import BridgeBytes
import HTTPWire
import TestKit
import Testing

@Suite struct BodyFramingTests {
    private static func fields(_ lines: [String]) throws -> FieldList {
        var fields = FieldList()
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            try fields.append(
                name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
        }
        return fields
    }

    @Test(arguments: [
        ([], BodyFraming.none), (["Content-Length:0"], .length(0)),
        (["Content-Length:007"], .length(7)), (["Content-Length:5, 5"], .length(5)),
        (["Content-Length:5", "content-length:5"], .length(5)),
        (["Content-Length:9223372036854775807"], .length(.max)),
        (["Transfer-Encoding:Chunked"], .chunked),
    ])
    func `a request's framing`(_ lines: [String], _ framing: BodyFraming) throws {
        let head = RequestHead(method: "PUT", target: "/", fields: try Self.fields(lines))
        #expect(try BodyFraming.ofRequest(head) == framing)
    }

    @Test(arguments: [
        (["Content-Length:5,6"], ErrorCode.invalidContentLength),
        (["Content-Length:5", "Content-Length:6"], .invalidContentLength),
        (["Content-Length:5,"], .invalidContentLength),
        (["Content-Length:+5"], .invalidContentLength),
        (["Content-Length:5 5"], .invalidContentLength),
        (["Content-Length:"], .invalidContentLength),
        (["Content-Length:9223372036854775808"], .invalidContentLength),
        (["Content-Length:5", "Transfer-Encoding:chunked"], .ambiguousFraming),
        (["Transfer-Encoding:chunked", "Transfer-Encoding:chunked"], .invalidTransferCoding),
        (["Transfer-Encoding:chunked, gzip"], .invalidTransferCoding),
        (["Transfer-Encoding:"], .invalidTransferCoding),
        (["Transfer-Encoding:gzip, chunked"], .unknownTransferCoding),
    ])
    func `what two readers could read differently`(
        _ lines: [String], _ code: ErrorCode
    ) throws {
        let fields = try Self.fields(lines)
        let error = #expect(throws: HTTPWireError.self) {
            try BodyFraming.ofRequest(RequestHead(method: "PUT", target: "/", fields: fields))
        }
        #expect(error?.code == code)
        #expect(throws: HTTPWireError.self) {
            try BodyFraming.ofResponse(ResponseHead(status: 200, fields: fields), to: "GET")
        }
    }

    @Test func `some answers have no body whatever they say`() throws {
        let fields = try Self.fields(["Content-Length:5"])
        for (status, method) in [(200, "HEAD"), (204, "GET"), (304, "GET"), (103, "PUT")] {
            let head = ResponseHead(status: status, fields: fields)
            #expect(try BodyFraming.ofResponse(head, to: method) == .none)
        }
        #expect(try BodyFraming.ofResponse(ResponseHead(status: 200), to: "GET") == .untilClose)
    }
}

@Suite struct ChunkedDecoderTests {
    private struct Result: Equatable {
        var body: [UInt8] = []
        var trailers = FieldList()
        var isWhole = false
        var rest = 0
        var code: ErrorCode?
    }

    private static func decode(
        _ pieces: [Bytes], _ limits: HTTPWireLimits = .default
    ) -> Result {
        var decoder = ChunkedDecoder(limits: limits)
        var result = Result()
        for (index, piece) in pieces.enumerated() {
            var window = piece
            do throws(HTTPWireError) {
                feeding: while true {
                    switch try decoder.next(window.span) {
                    case .data(let range):
                        result.body += Array(window[range])
                        window = window[range.upperBound...]
                    case .needMore(let consumed):
                        #expect(consumed == window.count, "framing is not kept")
                        break feeding
                    case .end(let consumed):
                        result.isWhole = true
                        result.rest =
                            window.count - consumed
                            + pieces[(index + 1)...].reduce(0) { $0 + $1.count }
                        result.trailers = decoder.trailers
                        return result
                    }
                }
            } catch {
                result.code = error.code
                return result
            }
        }
        return result
    }

    private static func decode(
        _ text: String, _ limits: HTTPWireLimits = .default
    ) -> Result {
        let whole = decode([Bytes(utf8: text)], limits)
        for feed in Splits.of(Bytes(utf8: text), name: text) {
            #expect(decode(feed.pieces, limits) == whole, "\(feed)")
        }
        return whole
    }

    @Test func `chunks, extensions and trailers come off`() {
        let result = Self.decode(
            "5;a;b=c;d=\"e;\\\"f\"\r\nhello\r\n00A\r\n0123456789\r\n000;x\r\nX-Sum: 1\r\n"
                + "Y: 2\r\n\r\nREST"
        )
        #expect(result.isWhole && result.code == nil && result.rest == 4)
        #expect(result.body == Array("hello0123456789".utf8))
        #expect(result.trailers["x-sum"] == "1" && result.trailers.count == 2)
    }

    @Test(arguments: [
        "\r\n", "-1\r\n", "0x5\r\n", " 5\r\n", "5 \r\n", "5\n", "5\rx", "g\r\n", "5_\r\n",
        "ffffffffffffffff\r\n", "8000000000000000\r\n", "2\r\nabc\r\n", "2\r\nab\n", "2\r\nab\rx",
        "2;\r\n", "2;=a\r\n", "2;a=\r\n", "2;a=\"b\r\n", "2;a=\"b\"c\r\n", "2;a b\r\n", "2;a\n",
        "0\r\nX : 1\r\n\r\n", "0\r\n X: 1\r\n\r\n", "0\r\nX: 1\n\r\n", "0\r\nX: 1\rY",
        "0\r\nX\r\n\r\n",
        "0\r\n\n", "0000000000000000000000000\r\n",
    ])
    func `what is not strict is refused`(_ text: String) {
        let result = Self.decode(text)
        #expect(result.code != nil && !result.isWhole, "\(result)")
    }

    @Test func `limits hold to the byte`() {
        var limits = HTTPWireLimits.default
        limits.chunkExtensionBytes = 8
        limits.totalChunkExtensionBytes = 12
        limits.trailerBytes = 10
        #expect(Self.decode("0;abcdefg\r\n\r\n", limits).isWhole)
        #expect(Self.decode("0;abcdefgh\r\n\r\n", limits).code == .chunkExtensionTooLarge)
        let three = "1;abc\r\nx\r\n1;abc\r\nx\r\n1;abc\r\nx\r\n"
        #expect(Self.decode(three + "0\r\n\r\n", limits).isWhole)
        #expect(Self.decode(three + "0;a\r\n\r\n", limits).code == .chunkExtensionTooLarge)
        #expect(Self.decode("0\r\nA: bcd\r\n\r\n", limits).isWhole)
        #expect(Self.decode("0\r\nA: bcde\r\n\r\n", limits).code == .trailerTooLarge)
    }

    @Test func `what the writer writes is read back, in any sizes`() {
        var generator = SeededGenerator("chunks")
        for _ in 0..<50 {
            let content = generator.bytes(Int.random(in: 0..<300, using: &generator))
            var writer = ByteWriter()
            var position = 0
            while position < content.count {
                let size = min(Int.random(in: 1..<40, using: &generator), content.count - position)
                ChunkedWriter.beginChunk(of: size, into: &writer)
                writer.append(content.span.extracting(position..<position + size))
                writer.append("\r\n")
                position += size
            }
            ChunkedWriter.end(into: &writer)
            let input = writer.finish()
            for feed in Splits.of(input, name: "chunks \(input.count)") {
                let result = Self.decode(feed.pieces)
                #expect(result.isWhole && result.body == content && result.rest == 0)
            }
        }
    }
}
