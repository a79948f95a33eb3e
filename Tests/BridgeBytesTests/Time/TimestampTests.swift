import BridgeBytes
import Foundation
import TestKit
import Testing

@Suite struct TimestampTests {
    private func parsed(_ text: String) -> String? { Timestamp(text)?.description }

    @Test("Written in the one strict form")
    func strictForm() {
        let text = "2026-03-13T07:02:50.443Z"
        #expect(Timestamp(milliseconds: 1_773_385_370_443).description == text)
        #expect(Timestamp(seconds: 0).description == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
        #expect(
            Timestamp(seconds: 1, nanoseconds: 999_999_999).description
                == "1970-01-01T00:00:01.999Z")
    }

    @Test("Years that the form cannot hold are clamped, not mangled")
    func clamped() {
        #expect(Timestamp(seconds: .max).description == "9999-12-31T23:59:59.000Z")
        #expect(Timestamp(seconds: .min).description == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(seconds: .max).milliseconds == .max)
        #expect(Timestamp(seconds: .min).milliseconds == .min)
    }

    @Test("Every form that peers send means the same moment")
    func peerForms() {
        let moment = "2026-03-13T07:02:50.443Z"
        for text in [
            moment, "2026-03-13T07:02:50.443", "2026-03-13T07:02:50.443000000001Z",
            "2026-03-13T08:02:50.443+01:00", "2026-03-13t07:02:50.443z",
            "2026-03-13T04:32:50.443-02:30", "2026-03-13 07:02:50.443", "2026-03-13T07:02:50,443Z",
            "2026-03-13T08:02:50.443+0100", "2026-03-13T08:02:50.443+01",
        ] {
            #expect(parsed(text) == moment, "\(text)")
        }
        #expect(parsed("2026-03-13T07:02:50Z") == "2026-03-13T07:02:50.000Z")
        #expect(parsed("2026-03-13T07:02") == "2026-03-13T07:02:00.000Z")
        #expect(parsed("2026-03-13T07:02:50.1Z") == "2026-03-13T07:02:50.100Z")
    }

    @Test("The date-time format of JSON Schema", .needsSharedData)
    func format() throws {
        for (text, valid) in try FormatVectors.strings("json/formats/date-time.json") {
            let accepted = (try? Timestamp(parsing: text, .strict)) != nil
            #expect(accepted == valid, "\(text)")
        }
    }

    @Test("Faults are told with their place")
    func faults() {
        let cases: [(String, CodecError)] = [
            ("", CodecError(.truncated, at: 0)),
            ("2026-13-01T00:00:00Z", CodecError(.outOfRange, at: 5)),
            ("2026-02-29T00:00:00Z", CodecError(.outOfRange, at: 8)),
            ("2026-01-01T24:00:00Z", CodecError(.outOfRange, at: 11)),
            ("2026-01-01T00:00:61Z", CodecError(.outOfRange, at: 17)),
            ("2026-01-01T00:00:60Z", CodecError(.outOfRange, at: 17)),
            ("2026-01-01T00:00:00.Z", CodecError(.truncated, at: 20)),
            ("2026-01-01T00:00:00ZZ", CodecError(.invalidCharacter, at: 20)),
            ("2026-01-01X00:00:00Z", CodecError(.invalidCharacter, at: 10)),
            ("2026-01-01T00:00:00+24:00", CodecError(.outOfRange, at: 20)),
            ("２026-01-01T00:00:00Z", CodecError(.invalidCharacter, at: 0)),
        ]
        for (text, error) in cases {
            #expect(throws: error, "\(text)") { try Timestamp(parsing: text) }
        }
        #expect(throws: CodecError(.truncated, at: 19)) {
            try Timestamp(parsing: "2026-01-01T00:00:00", .strict)
        }
    }

    @Test("Every prefix is refused or read, never a trap")
    func prefixes() {
        let text = "2026-03-13T07:02:50.443+01:00"
        for length in 0..<16 { #expect(Timestamp(String(text.prefix(length))) == nil) }
        for length in 16...text.count {
            _ = Timestamp(String(text.prefix(length)))
            #expect(
                (try? Timestamp(parsing: String(text.prefix(length)), .strict)) == nil
                    || length == text.count)
        }
    }

    @Test("A leap second is the first second of the next day")
    func leapSecond() {
        #expect(parsed("1998-12-31T23:59:60Z") == "1999-01-01T00:00:00.000Z")
        #expect(parsed("1998-12-31T15:59:60.5-08:00") == "1999-01-01T00:00:00.500Z")
    }

    @Test("The calendar agrees with another implementation")
    func calendar() {
        var generator = SeededGenerator(#function)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2000 {
            // From 1600, the Gregorian calendar in both, to 9999.
            let seconds = Int64.random(in: -11_000_000_000...253_402_300_799, using: &generator)
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            let timestamp = Timestamp(seconds: seconds)
            #expect(timestamp.description == expected.dropLast() + ".000Z")
            #expect(Timestamp(timestamp.description) == timestamp)
        }
    }

    @Test("Later by a duration")
    func advanced() {
        let start = Timestamp(seconds: 10, nanoseconds: 900_000_000)
        #expect(
            start.advanced(by: .milliseconds(200))
                == Timestamp(seconds: 11, nanoseconds: 100_000_000))
        #expect(
            start.advanced(by: .milliseconds(-950))
                == Timestamp(seconds: 9, nanoseconds: 950_000_000))
        #expect(Timestamp(seconds: .max).advanced(by: .seconds(1)) == nil)
        #expect(start < Timestamp(seconds: 11))
    }
}
