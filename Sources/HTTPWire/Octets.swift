internal import BridgeBytes

/// The character classes of RFC 9110 section 5 and RFC 3986, over octets.
///
/// HTTP is parsed as octets and never as Unicode: a text decoder may drop or join bytes that a
/// second reader of the same message would see.
package enum Octet {
    package static let tab: UInt8 = 0x09
    package static let lf: UInt8 = 0x0A
    package static let cr: UInt8 = 0x0D
    package static let space: UInt8 = 0x20

    /// `tchar` of RFC 9110 section 5.6.2.
    package static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39: true
        case 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
        default: false
        }
    }

    /// What a field value may hold: tab, space, visible ASCII, and obs-text as opaque data.
    package static func isFieldContent(_ byte: UInt8) -> Bool {
        byte == tab || (byte >= 0x20 && byte != 0x7F)
    }

    package static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
    package static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// `unreserved` of RFC 3986 section 2.3: never needs percent-encoding.
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    /// Whether every byte is a token byte, and there is at least one.
    package static func isToken(_ span: Span<UInt8>) -> Bool {
        guard !span.isEmpty else { return false }
        for index in span.indices where !isToken(span[index]) { return false }
        return true
    }

    /// `range` without the blanks (space, tab) at both ends.
    package static func trimmed(_ range: Range<Int>, of span: Span<UInt8>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, isBlank(span[low]) { low += 1 }
        while high > low, isBlank(span[high - 1]) { high -= 1 }
        return low..<high
    }

    /// Octets as text: UTF-8 where they are valid UTF-8, ISO 8859-1 otherwise.
    package static func text(_ span: Span<UInt8>) -> String {
        if let utf8 = try? UTF8Span(validating: span) { return String(copying: utf8) }
        var text = ""
        for index in span.indices { text.unicodeScalars.append(Unicode.Scalar(span[index])) }
        return text
    }

    /// Whether two ASCII texts are equal when the case of letters is ignored.
    package static func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy {
            Scan.lowercased($0) == Scan.lowercased($1)
        }
    }
}
