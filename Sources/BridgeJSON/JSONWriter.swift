package import BridgeBytes

/// Writes JSON as a stream: commas and colons come by themselves, strings are escaped as little
/// as RFC 8259 allows ("/" never), and base64 goes straight into the output.
package struct JSONWriter: ~Copyable {
    private var output: ByteWriter
    private var needsComma = false

    package init(capacity: Int = 256) { output = ByteWriter(capacity: capacity) }

    /// Number of bytes written so far.
    package var count: Int { output.count }

    private mutating func separate() {
        if needsComma { output.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    package mutating func beginObject() {
        separate()
        output.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        output.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        output.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        output.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes a member's name; its value comes next.
    package mutating func key(_ name: String) {
        separate()
        quoted(name)
        output.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        quoted(text)
    }

    /// Begins a string whose text comes in parts.
    package mutating func beginString() {
        separate()
        output.append(UInt8(ascii: "\""))
    }

    /// A part of a string that was begun, in UTF-8; escaped here. A part ends between two
    /// characters.
    package mutating func stringPart(_ text: Span<UInt8>) { escaped(text) }

    /// A part of a string that was begun, as hexadecimal digits.
    package mutating func hexPart(_ bytes: Span<UInt8>) { Hex.encode(bytes, into: &output) }

    /// A part of a string that was begun, in base64. All parts but the last have a number of bytes
    /// that three divides.
    package mutating func base64Part(_ bytes: Span<UInt8>) { Base64.encode(bytes, into: &output) }

    /// Ends a string that was begun.
    package mutating func endString() { output.append(UInt8(ascii: "\"")) }

    /// Writes a whole number as a string, for readers that round numbers of this size.
    package mutating func quoted(_ value: some FixedWidthInteger) {
        beginString()
        if let value = Int(exactly: value) {
            output.append(decimal: value)
        } else {
            output.append(utf8: String(value))
        }
        endString()
    }

    package mutating func number(_ value: Int) {
        separate()
        output.append(decimal: value)
    }

    package mutating func number(_ value: JSONNumber) {
        separate()
        output.append(utf8: value.text)
    }

    package mutating func bool(_ value: Bool) {
        separate()
        if value { output.append("true") } else { output.append("false") }
    }

    package mutating func null() {
        separate()
        output.append("null")
    }

    /// Writes bytes as one base64 string, without a copy in between.
    package mutating func base64(_ bytes: Bytes) {
        separate()
        output.append(UInt8(ascii: "\""))
        Base64.encode(bytes.span, into: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Writes text that is one whole JSON value already.
    package mutating func raw(_ json: Span<UInt8>) {
        separate()
        output.append(json)
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): number(value)
        case .string(let text): string(text)
        case .array(let values):
            beginArray()
            for value in values { self.value(value) }
            endArray()
        case .object(let object):
            beginObject()
            for (name, value) in object {
                key(name)
                self.value(value)
            }
            endObject()
        }
    }

    /// Appends a byte between values, such as the line feed of JSON Lines.
    package mutating func endLine() {
        output.append(0x0A)
        needsComma = false
    }

    /// Hands over what was written so far, without a copy; the next piece is written into memory
    /// of its own.
    package mutating func take(capacity: Int) -> Bytes {
        var full = ByteWriter(capacity: capacity)
        swap(&output, &full)
        return full.finish()
    }

    /// Hands the text over, without a copy.
    package consuming func finish() -> Bytes { output.finish() }

    /// Size in bytes of a string on the wire, quotes included. Complexity: O(n).
    package static func encodedCount(of text: String) -> Int {
        var count = 2
        for byte in text.utf8 { count += escapedCount(byte) }
        return count
    }

    private static func escapedCount(_ byte: UInt8) -> Int {
        switch byte {
        case 0x22, 0x5C, 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
        case 0..<0x20: 6
        default: 1
        }
    }

    private mutating func quoted(_ text: String) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { buffer in
            // Sound: the span does not leave the closure that lends the buffer.
            escaped(unsafe buffer.span)
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ span: Span<UInt8>) {
        var start = 0
        while start < span.count {
            let end = nextEscape(span, from: start)
            output.append(span.extracting(start..<end))
            if end < span.count { escape(span[end]) }
            start = end + 1
        }
    }

    private func nextEscape(_ span: Span<UInt8>, from start: Int) -> Int {
        JSONScan.plainString(span, from: start).position
    }

    private mutating func escape(_ byte: UInt8) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append("u00")
            output.append(Hex.digit(byte >> 4))
            output.append(Hex.digit(byte & 15))
        }
    }
}
