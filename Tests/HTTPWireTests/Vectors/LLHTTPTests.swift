import BridgeBytes
import HTTPWire
import TestKit
import Testing

/// The test data of llhttp, the parser of Node: its strict requests and responses.
///
/// Ours is a little stricter; every case on which the two differ stands in a table with a reason.
struct LLHTTPCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: Bytes
    let isRequest: Bool
    let skipsBody: Bool
    /// llhttp's error code; nil when it accepts.
    let errorCode: Int?
    /// The body bytes of all messages, one after the other.
    let body: [UInt8]

    var testDescription: String { name }

    static let all: [LLHTTPCase] = VectorFile.rows("http/llhttp/vectors.jsonl").compactMap { row in
        guard row["strict"] as? Bool == true, let type = row["type"] as? String,
            ["request", "response", "request-finish", "response-finish"].contains(type),
            let input = (row["input_b64"] as? String).flatMap(VectorFile.bytes),
            let file = row["file"] as? String, let line = row["line"] as? Int
        else { return nil }
        let meta = row["meta"] as? [String: Any]
        let error = row["error"] as? [String: Any]
        let log = row["log"] as? [String] ?? []
        return LLHTTPCase(
            name: "\(file):\(line)", input: input, isRequest: type.hasPrefix("request"),
            skipsBody: meta?["skipBody"] as? Bool ?? false, errorCode: error?["code"] as? Int,
            body: log.flatMap { body($0, of: input) })
    }

    /// The bytes that a log line such as `off=63 len=5 span[body]="hello"` means.
    private static func body(_ line: String, of input: Bytes) -> [UInt8] {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[2].hasPrefix("span[body]"),
            let offset = Int(words[0].dropFirst(4)), let length = Int(words[1].dropFirst(4))
        else { return [] }
        return Array(input[offset..<offset + length])
    }
}

@Suite(.needsSharedData) struct LLHTTPTests {
    @Test(arguments: LLHTTPCase.all.filter(\.isRequest))
    func request(_ vector: LLHTTPCase) {
        guard !vector.skipsBody else { return }
        let whole = ServerRun([vector.input], checksHost: false)
        for feed in Splits.of(vector.input, name: vector.name) {
            #expect(ServerRun(feed.pieces, checksHost: false) == whole, "\(feed)")
        }
        judge(vector, whole.error, whole.exchanges.flatMap(\.body), isClosed: whole.isClosed)
    }

    @Test(arguments: LLHTTPCase.all.filter { !$0.isRequest })
    func response(_ vector: LLHTTPCase) {
        let method = vector.skipsBody ? "HEAD" : "GET"
        var input = vector.input
        var body: [UInt8] = []
        while true {
            let run = ClientRun([input], method: method, isClosedAfter: false)
            for feed in Splits.of(input, name: vector.name) {
                var other = ClientRun(feed.pieces, method: method, isClosedAfter: false)
                other.left = run.left
                other.reusable = run.reusable
                #expect(other == run, "\(feed)")
            }
            body += run.body
            let keepsAlive = run.head.map { Persistence.keepsAlive($0.version, $0.fields) } ?? false
            guard run.isWhole, run.left > 0, keepsAlive else {
                let isClosed = run.isWhole && !keepsAlive
                judge(vector, run.error, body, isClosed: isClosed)
                return
            }
            input = input[(input.count - run.left)...]
        }
    }

    private func judge(
        _ vector: LLHTTPCase, _ error: ErrorCode?, _ body: [UInt8], isClosed: Bool
    ) {
        if let expected = Self.differences[vector.name] {
            #expect(error?.rawValue == expected, "\(vector.name)")
            return
        }
        switch vector.errorCode {
        case nil, 21:
            #expect(error == nil, "\(vector.name)")
            #expect(body == vector.body)
        // Data after `Connection: close` is not looked at.
        case 5: #expect(error == nil && isClosed)
        // A pause, for an upgrade that nobody asked for.
        case 22: break
        default: #expect(error != nil, "\(vector.name) error \(vector.errorCode ?? 0)")
        }
    }

    /// What we answer where llhttp answers otherwise; nil: no fault is seen.
    static let differences: [String: String?] = [
        // A field that cannot stand is judged when its head, or its line, is whole.
        "request/content-length.md:78": nil, "request/content-length.md:103": nil,
        "request/invalid.md:493": nil, "request/invalid.md:512": nil,
        "response/invalid.md:215": nil,
        // Which methods exist is for the server to say, not for the parser.
        "request/invalid.md:69": nil, "request/invalid.md:359": nil,
        // Other protocols, and HTTP/0.9, are none of ours.
        "request/method.md:375": "invalid_request_line",
        "request/method.md:405": "invalid_request_line",
        "request/method.md:433": "invalid_request_line",
        "request/sample.md:317": "invalid_request_line",
        "response/sample.md:43": "not_http", "response/sample.md:63": "not_http",
        "response/sample.md:648": "unsupported_version",
        // Nothing may stand before or between answers.
        "response/connection.md:495": "not_http",
        "response/connection.md:589": "not_http",
        "response/pipelining.md:7": "not_http",
        "response/sample.md:698": "not_http",
        // A coding that we cannot undo makes the body unreadable, so it is refused.
        "request/transfer-encoding.md:754": "unknown_transfer_coding",
        "request/transfer-encoding.md:796": "unknown_transfer_coding",
        "response/transfer-encoding.md:46": "invalid_transfer_coding",
        "response/transfer-encoding.md:77": "invalid_transfer_coding",
        "response/transfer-encoding.md:115": "invalid_transfer_coding",
    ]

    @Test func `all cases are there`() { #expect(LLHTTPCase.all.count == 214) }
}
