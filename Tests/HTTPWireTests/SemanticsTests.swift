import HTTPWire
import TestKit
import Testing

@Suite struct HTTPDateTests {
    private let now = 1_790_000_000

    @Test func `the three forms mean the same`() {
        let seconds = 784_111_777
        #expect(HTTPDate.string(seconds) == "Sun, 06 Nov 1994 08:49:37 GMT")
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] { #expect(HTTPDate.parse(text, now: now) == seconds, "\(text)") }
    }

    @Test func `a two-digit year is not more than fifty years ahead`() {
        #expect(HTTPDate.parse("Friday, 01-Jan-77 00:00:00 GMT", now: now) == 220_924_800)
        let near = HTTPDate.parse("Friday, 01-Jan-76 00:00:00 GMT", now: now)
        #expect(near == HTTPDate.parse("Wed, 01 Jan 2076 00:00:00 GMT", now: now))
    }

    @Test func `every time that is written is read back`() {
        var generator = SeededGenerator("dates")
        for _ in 0..<2000 {
            let seconds = Int.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            #expect(HTTPDate.parse(HTTPDate.string(seconds), now: now) == seconds)
        }
        #expect(HTTPDate.string(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(HTTPDate.string(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test(arguments: [
        "", "now", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 94 08:49:37 GMT",
        "Xxx, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(HTTPDate.parse(text, now: now) == nil)
    }
}

/// Rows of failures.md: F9.
@Suite struct RangeTests {
    @Test(.needsSharedData) func `shared ranges`() {
        let rows = VectorFile.rows("http/ranges.jsonl")
        #expect(rows.count > 15)
        for row in rows {
            guard let range = row["range"] as? String, let size = row["size"] as? Int,
                let status = row["status"] as? Int
            else { continue }
            let result = RangeRequest(range, size: size)
            if let first = row["first"] as? Int, let last = row["last"] as? Int {
                #expect(result == .partial(first..<last + 1), "\(range)")
            } else if range.contains(",") {
                #expect(result == .whole, "several ranges are not served: \(range)")
            } else {
                #expect(result == (status == 416 ? .unsatisfiable : .whole), "\(range)")
            }
        }
    }

    @Test func `any range stays inside`() {
        var generator = SeededGenerator("ranges")
        let alphabet = Array("0123456789-,= ")
        for _ in 0..<5000 {
            let count = Int.random(in: 0..<24, using: &generator)
            let text = String(
                (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "0" })
            let size = Int.random(in: 0..<1000, using: &generator)
            if case .partial(let range) = RangeRequest("bytes=" + text, size: size) {
                #expect(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= size)
            }
        }
    }

    @Test(
        arguments: [
            ("bytes 0-4/10", 0..<5, 10), ("bytes 9-9/10", 9..<10, 10), ("BYTES 0-0/*", 0..<1, nil),
        ] as [(String, Range<Int>, Int?)])
    func `a content range is read and written`(_ text: String, _ range: Range<Int>, _ total: Int?) {
        let parsed = ContentRange(text)
        #expect(parsed?.range == range && parsed?.total == total)
        #expect(parsed?.value.lowercased() == text.lowercased())
        #expect(ContentRange("bytes */5") == ContentRange(range: nil, total: 5))
    }

    @Test(arguments: [
        "", "bytes", "bytes */*", "bytes 5-4/10", "bytes 0-10/10", "bytes -1/10", "bytes 0-/10",
        "lines 0-1/2", "bytes 0-1/2 ", "bytes 0-99999999999999999999/*", "bytes  0-1/2",
        "bytes 0-9223372036854775807/*",
    ])
    func `what is no content range is none`(_ text: String) { #expect(ContentRange(text) == nil) }
}

@Suite struct PreconditionsTests {
    private let stored = Preconditions.Stored(tag: EntityTag("a"), modified: 784_111_777)

    private func evaluate(
        _ method: String, _ lines: [(String, String)], isStored: Bool = true
    ) throws -> Preconditions.Verdict {
        var fields = FieldList()
        for (name, value) in lines { try fields.append(name: name, value: value) }
        return Preconditions(method: method, fields: fields, now: 1_790_000_000)
            .evaluate(isStored ? stored : nil)
    }

    @Test(
        arguments: [
            ("GET", "If-Match", "\"a\"", .proceed), ("GET", "If-Match", "W/\"a\"", .failed),
            ("GET", "If-Match", "*", .proceed), ("PUT", "If-Match", "\"b\", \"a\"", .proceed),
            ("PUT", "If-Match", "\"b\"", .failed), ("GET", "If-Match", "junk", .failed),
            ("GET", "If-None-Match", "W/\"a\"", .notModified),
            ("HEAD", "If-None-Match", "*", .notModified),
            ("PUT", "If-None-Match", "*", .failed), ("PUT", "If-None-Match", "\"b\"", .proceed),
            ("GET", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", .notModified),
            ("GET", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", .proceed),
            ("PUT", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", .proceed),
            ("GET", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", .failed),
            ("GET", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", .proceed),
            ("GET", "If-Modified-Since", "junk", .proceed),
        ] as [(String, String, String, Preconditions.Verdict)])
    func `each field alone`(
        _ method: String, _ name: String, _ value: String, _ verdict: Preconditions.Verdict
    ) throws { #expect(try evaluate(method, [(name, value)]) == verdict) }

    @Test func `the order of the fields counts`() throws {
        let old = "Sun, 06 Nov 1994 08:49:36 GMT"
        // If-Match overrules If-Unmodified-Since, If-None-Match overrules If-Modified-Since.
        #expect(
            try evaluate("GET", [("If-Unmodified-Since", old), ("If-Match", "\"a\"")]) == .proceed)
        let new = "Sun, 06 Nov 1994 08:49:38 GMT"
        #expect(
            try evaluate("GET", [("If-Modified-Since", new), ("If-None-Match", "\"b\"")])
                == .proceed)
        #expect(
            try evaluate("GET", [("If-None-Match", "\"a\""), ("If-Match", "\"b\"")]) == .failed)
    }

    @Test func `where nothing is stored`() throws {
        #expect(try evaluate("PUT", [("If-Match", "*")], isStored: false) == .failed)
        #expect(try evaluate("PUT", [("If-None-Match", "*")], isStored: false) == .proceed)
    }

    @Test(arguments: [
        ("\"a\"", true), ("W/\"a\"", false), ("\"b\"", false),
        ("Sun, 06 Nov 1994 08:49:37 GMT", true), ("Sun, 06 Nov 1994 08:49:38 GMT", false),
        ("junk", false),
    ])
    func `If-Range`(_ condition: String, _ holds: Bool) throws {
        var fields = FieldList()
        try fields.append(name: "Range", value: "bytes=1-2")
        try fields.append(name: "If-Range", value: condition)
        let get = Preconditions(method: "GET", fields: fields, now: 1_790_000_000)
        #expect(get.range(stored, size: 10) == (holds ? .partial(1..<3) : .whole))
        let head = Preconditions(method: "HEAD", fields: fields, now: 0)
        #expect(head.range(stored, size: 10) == .whole)
    }

    @Test(arguments: ["", "a", "\"", "\"a", "a\"", "w/\"a\"", "\"a\"b\"", "\"a b\""])
    func `what is no entity tag is none`(_ text: String) {
        #expect(EntityTag(parsing: text) == nil)
        #expect(EntityTag(parsing: "\"\"")?.value == "\"\"")
    }
}

/// Rows of failures.md: F6.
@Suite struct ContentDispositionTests {
    @Test func `no byte of a name can break out of the field`() throws {
        for scalar in (0...0x2FF).compactMap(Unicode.Scalar.init) {
            let name = "a\(Character(scalar))b"
            let value = ContentDisposition.attachment(fileName: name)
            #expect(FieldList.isValidValue(value), "\(scalar.value)")
            #expect(value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
            let parsed = try #require(ContentDisposition(value))
            #expect(parsed.type == "attachment" && parsed.fileName == name, "\(value)")
        }
        #expect(
            ContentDisposition.attachment(fileName: "a b.txt") == "attachment; filename=\"a b.txt\""
        )
    }

    @Test(
        arguments: [
            ("form-data; name=\"a\"; filename=\"b;c.txt\"", "b;c.txt"),
            ("FORM-DATA;NAME=a;FILENAME=b", "b"),
            ("form-data; filename=\"a\\\\b\\\"c\\d\"", "a\\b\"c\\d"),
            ("form-data; filename=\"x\"; filename*=utf-8'en'%e2%82%ac", "€"),
            ("form-data; filename=\"x\"; filename*=latin1''%e2", "x"), ("form-data; name=x", nil),
        ] as [(String, String?)])
    func `file names are read`(_ value: String, _ name: String?) throws {
        let parsed = try #require(ContentDisposition(value))
        #expect(parsed.type == "form-data" && parsed.fileName == name)
    }

    @Test(arguments: ["", ";", "a b", "form-data; x", "form-data; =x", "form-data; a=\"b", "a/b"])
    func `what is malformed is none`(_ value: String) { #expect(ContentDisposition(value) == nil) }
}
