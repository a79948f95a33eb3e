/// Reads the small documents that an S3 store answers with: one element, whose children hold text.
///
/// Only that form is understood, and it is read strictly: what is not well formed is none, a
/// document type is refused, and of elements below the children nothing is kept. So a hostile
/// answer costs no more than its own bytes, and never becomes a value.
package struct FlatXML: Sendable, Hashable {
    /// Deepest element that is passed over.
    private static let deepest = 16
    /// The name of the outermost element.
    package let name: String
    /// The text of each child, by its name; of several of one name the first.
    package let values: [String: String]

    /// Nil for what is no such document.
    package init?(parsing bytes: Span<UInt8>) {
        var reader = Reader(bytes)
        guard reader.skipProlog(), let root = reader.opening() else { return nil }
        var values: [String: String] = [:]
        if !root.isEmpty {
            while true {
                guard reader.skipText() else { return nil }
                if reader.isClosing {
                    guard reader.closing(root.name) else { return nil }
                    break
                }
                guard let child = reader.opening() else { return nil }
                guard !child.isEmpty else { continue }
                guard let text = reader.content(of: child.name, depth: 1) else { return nil }
                if values[child.name] == nil { values[child.name] = text }
            }
        }
        guard reader.isAtEnd else { return nil }
        name = root.name
        self.values = values
    }

    /// Goes through the bytes once.
    private struct Reader {
        private let bytes: [UInt8]
        private var place = 0

        init(_ span: Span<UInt8>) { bytes = (0..<span.count).map { span[$0] } }

        private func byte(_ offset: Int = 0) -> UInt8? {
            place + offset < bytes.count ? bytes[place + offset] : nil
        }

        private func begins(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

        private mutating func skipBlanks() {
            while let next = byte(), [0x20, 0x09, 0x0A, 0x0D].contains(next) { place += 1 }
        }

        /// Moves behind the next occurrence of a text.
        private mutating func skip(behind text: String) -> Bool {
            while place < bytes.count {
                if begins(text) {
                    place += text.utf8.count
                    return true
                }
                place += 1
            }
            return false
        }

        /// Blanks, comments, and the declaration in front.
        mutating func skipProlog() -> Bool {
            if begins("\u{FEFF}") { place += 3 }
            skipBlanks()
            while begins("<?") || begins("<!--") {
                guard skip(behind: begins("<?") ? "?>" : "-->") else { return false }
                skipBlanks()
            }
            return byte() == 0x3C
        }

        /// What stands between the children: blanks and comments.
        mutating func skipText() -> Bool {
            skipBlanks()
            while begins("<!--") {
                guard skip(behind: "-->") else { return false }
                skipBlanks()
            }
            return byte() == 0x3C
        }

        var isClosing: Bool { begins("</") }

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return place == bytes.count
            }
        }

        private mutating func word() -> String? {
            var name: [UInt8] = []
            while let next = byte(), Self.isNamePart(next) {
                name.append(next)
                place += 1
            }
            return name.isEmpty || name.count > 64 ? nil : String(validating: name, as: UTF8.self)
        }

        private static func isNamePart(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: true
            default: false
            }
        }

        /// `<name …>` or `<name …/>`.
        mutating func opening() -> (name: String, isEmpty: Bool)? {
            guard byte() == 0x3C else { return nil }
            place += 1
            guard let name = word() else { return nil }
            var quote: UInt8?
            while let next = byte() {
                place += 1
                if let open = quote {
                    if next == open { quote = nil }
                } else if next == 0x22 || next == 0x27 {
                    quote = next
                } else if next == 0x3C {
                    return nil
                } else if next == 0x3E {
                    return (name, bytes[place - 2] == 0x2F)
                }
            }
            return nil
        }

        mutating func closing(_ name: String) -> Bool {
            guard begins("</") else { return false }
            place += 2
            guard word() == name else { return false }
            skipBlanks()
            guard byte() == 0x3E else { return false }
            place += 1
            return true
        }

        /// The text up to the element's end; elements in it are passed over.
        mutating func content(of name: String, depth: Int) -> String? {
            guard depth <= FlatXML.deepest else { return nil }
            var text: [UInt8] = []
            while let next = byte() {
                if begins("<!--") {
                    guard skip(behind: "-->") else { return nil }
                } else if begins("</") {
                    guard closing(name) else { return nil }
                    return String(validating: text, as: UTF8.self)
                } else if next == 0x3C {
                    guard let child = opening() else { return nil }
                    if !child.isEmpty {
                        guard content(of: child.name, depth: depth + 1) != nil else { return nil }
                    }
                } else if next == 0x26 {
                    guard let scalar = reference() else { return nil }
                    text.append(contentsOf: Array(String(Character(scalar)).utf8))
                } else {
                    text.append(next)
                    place += 1
                }
            }
            return nil
        }

        /// `&name;`, `&#10;` or `&#xA;`.
        private mutating func reference() -> Unicode.Scalar? {
            place += 1
            var word: [UInt8] = []
            while let next = byte(), next != 0x3B, word.count < 10 {
                word.append(next)
                place += 1
            }
            guard byte() == 0x3B, let name = String(validating: word, as: UTF8.self) else {
                return nil
            }
            place += 1
            switch name {
            case "amp": return "&"
            case "lt": return "<"
            case "gt": return ">"
            case "quot": return "\""
            case "apos": return "'"
            default:
                let digits = name.dropFirst(name.hasPrefix("#x") ? 2 : 1)
                guard name.hasPrefix("#"), !digits.hasPrefix("+"), !digits.hasPrefix("-") else {
                    return nil
                }
                let number = UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10)
                return number.flatMap { Unicode.Scalar($0) }
            }
        }
    }
}
