internal import BridgeBytes

/// A file of profiles as the tools of AWS have them: sections in brackets, and below each
/// `name = value`.
///
/// Read strictly: a line that is none of these is an error with its number, so that a key which
/// was broken in an editor is not taken for another one. Indented lines belong to the setting
/// above them and are passed over. What a file says twice of one name is refused when it is asked
/// for.
package struct ProfileFile: Sendable {
    /// Most bytes of such a file: 256 KiB.
    package static let limit = 256 << 10

    /// The line that cannot be read, counted from 1, and what is wrong with it.
    package struct Fault: Error, Sendable, Hashable {
        package let line: Int
        package let message: String

        package init(line: Int, message: String) {
            self.line = line
            self.message = message
        }
    }

    private struct Setting: Sendable {
        let section: String
        let name: String
        let value: String
        let line: Int
    }

    private var settings: [Setting] = []
    private var sections: Set<String> = []

    /// - Throws: `Fault`; its sentence holds nothing of the file.
    package init(parsing text: Span<UInt8>) throws(Fault) {
        var content: [UInt8] = []
        content.reserveCapacity(text.count)
        for index in 0..<text.count { content.append(text[index]) }
        guard let content = String(validating: content, as: UTF8.self) else {
            throw Fault(line: 1, message: "the file is no UTF-8 text")
        }
        var section: String?
        var number = 0
        // By scalars, since a line end of two characters counts as one character else.
        let lines = content.unicodeScalars.split(
            separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
            number += 1
            try take(Substring(line.last == "\r" ? line.dropLast() : line), number, &section)
        }
    }

    private mutating func take(
        _ line: Substring, _ number: Int, _ section: inout String?
    ) throws(Fault) {
        let isIndented = line.first == " " || line.first == "\t"
        let text = Self.trimmed(line)
        guard let first = text.first, first != "#", first != ";" else { return }
        if first == "[" {
            guard text.last == "]",
                !text.dropFirst().dropLast().contains(where: { "[]".contains($0) })
            else { throw Fault(line: number, message: "a section's name is not closed") }
            let name = String(Self.trimmed(text.dropFirst().dropLast()))
            guard !name.isEmpty else { throw Fault(line: number, message: "a section has no name") }
            section = name
            sections.insert(name)
            return
        }
        guard let current = section else {
            throw Fault(line: number, message: "a setting stands before the first section")
        }
        if isIndented { return }
        guard let sign = text.firstIndex(of: "=") else {
            throw Fault(line: number, message: "a line is neither a section nor name = value")
        }
        let name = Self.trimmed(text[..<sign]).lowercased()
        guard !name.isEmpty, !name.contains(where: { $0 == " " || $0 == "\t" }) else {
            throw Fault(line: number, message: "a setting has no name")
        }
        let value = String(Self.trimmed(text[text.index(after: sign)...]))
        settings.append(Setting(section: current, name: name, value: value, line: number))
    }

    /// Whether there is such a section.
    package func has(_ section: String) -> Bool { sections.contains(section) }

    /// A setting; nil where there is none, or an empty one.
    /// - Throws: `Fault` for a name that stands twice in its section.
    package func value(_ name: String, in section: String) throws(Fault) -> String? {
        let found = settings.filter { $0.section == section && $0.name == name }
        if found.count > 1, let last = found.last {
            throw Fault(line: last.line, message: "\(name) stands twice in one profile")
        }
        return found.first.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
