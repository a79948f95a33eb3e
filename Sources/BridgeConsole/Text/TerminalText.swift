package import BridgeBytes

/// Text of peers, of files and of servers, made fit to be shown.
///
/// Such a text may hold characters that steer a terminal (C0, DEL, C1), that turn the direction
/// of what follows, or that begin a line of their own; whoever wrote it could hide or fake what
/// stands beside it. This is the one place that makes them visible instead: as `\u{1b}` in text
/// for people, and as the same character's `\u001b` in JSON, where it changes nothing for a
/// program.
package enum TerminalText {
    /// Longest line on the standard error, in Unicode scalars.
    package static let longestLine = 2000

    /// Whether a character is shown as its number only.
    package static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        DisplayWidth.isHarmful(scalar)
    }

    /// A text on one line, cut to a number of scalars. Ends of lines and tabs become blanks.
    package static func line(_ text: String, atMost limit: Int = longestLine) -> String {
        // Nearly every line is as it should be, and a log writes one for each request.
        let isPlain = text.utf8.count <= limit && text.utf8.allSatisfy { 0x20..<0x7F ~= $0 }
        guard !isPlain else { return text }
        var line = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            let shown = scalar == "\n" || scalar == "\r" || scalar == "\t" ? " " : visible(scalar)
            count += shown.unicodeScalars.count
            guard count <= limit else {
                line.append("…")
                return cut(String(line), atMost: limit)
            }
            line.append(contentsOf: shown.unicodeScalars)
        }
        return String(line)
    }

    /// A text of at most this many scalars, the last of which is an ellipsis when some are missing.
    package static func cut(_ text: String, atMost limit: Int) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.prefix(max(0, limit))
        guard start.endIndex < scalars.endIndex else { return text }
        return String(String.UnicodeScalarView(start.dropLast())) + "…"
    }

    /// A text of several lines, each whole; ends of lines and tabs stay as they are.
    package static func lines(_ text: String) -> String {
        let isClean = text.unicodeScalars.allSatisfy {
            !isHarmful($0) || $0 == "\n" || $0 == "\t"
        }
        guard !isClean else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            result += scalar == "\n" || scalar == "\t" ? String(scalar) : visible(scalar)
        }
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        isHarmful(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
}

extension TerminalText {
    /// Valid JSON whose harmful characters are written as `\uXXXX`. JSON holds them inside its
    /// strings only, and C0 is escaped there already.
    package static func json(_ text: Bytes) -> Bytes {
        let span = text.span
        guard var place = nextHarmful(in: span, from: 0) else { return text }
        var writer = ByteWriter(capacity: text.count + text.count / 8)
        var start = 0
        while true {
            writer.append(text[start..<place.position])
            let digits = String(place.value, radix: 16)
            writer.append(utf8: "\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            start = place.position + place.length
            guard let next = nextHarmful(in: span, from: start) else { break }
            place = next
        }
        writer.append(text[start...])
        return writer.finish()
    }

    private struct Place {
        let position: Int
        let length: Int
        let value: UInt32
    }

    /// The next character beyond C0 that is harmful. Nearly all text is ASCII, for which one
    /// comparison a byte is made.
    private static func nextHarmful(in span: Span<UInt8>, from start: Int) -> Place? {
        var index = start
        while index < span.count {
            let byte = span[index]
            if byte < 0x7F {
                index += 1
                continue
            }
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            if length < 4, index + length <= span.count {
                var value = length == 1 ? UInt32(byte) : UInt32(byte) & (0xFF >> UInt32(length + 1))
                for offset in 1..<max(1, length) {
                    value = value << 6 | UInt32(span[index + offset] & 0x3F)
                }
                if let scalar = Unicode.Scalar(value), isHarmful(scalar), value > 0x1F {
                    return Place(position: index, length: length, value: value)
                }
            }
            index += length
        }
        return nil
    }
}
