import Foundation

extension String {
    /// The text without blanks at its ends.
    var trimmed: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }

    /// Whether a text occurs. The rules ask this for every line and many texts, so it is the C
    /// library's search and not a loop over characters.
    func holds(_ text: String) -> Bool {
        // Sound: both pointers live for the call; neither text holds a zero byte of its own.
        unsafe strstr(self, text) != nil
    }

    /// The runs of letters, digits and underscores.
    var identifiers: [String] {
        let isPart = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
                true
            default: false
            }
        }
        return utf8.split { !isPart($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Where a text begins; nil when it does not occur.
    func range(ofText text: String) -> Index? {
        var position = startIndex
        while position < endIndex {
            if self[position...].hasPrefix(text) { return position }
            position = index(after: position)
        }
        return nil
    }
}
