internal import BridgeBytes

/// How lines of the help are broken: at the width of a terminal, or not at all for whoever reads
/// them with a program.
struct HelpLayout {
    /// Widest name column; a longer name gets a line of its own.
    private static let widestName = 30
    private static let narrowestName = 12

    /// The columns of a line; nil where lines stay whole.
    let width: Int?

    private var nameWidth: Int {
        guard let width else { return Self.widestName }
        return min(Self.widestName, max(Self.narrowestName, width / 3))
    }

    /// A name, and beside or below it what it is.
    func row(_ name: String, _ summary: String) -> [String] {
        let indent = String(repeating: " ", count: nameWidth + 2)
        let lines = broken(summary, indent: nameWidth + 2).map { indent + $0 }
        guard name.count < nameWidth else { return ["  \(name)"] + lines }
        let first = "  " + Figures.padded(name, nameWidth)
        return [first + lines[0].dropFirst(indent.count)] + lines.dropFirst()
    }

    /// A sentence behind two blanks.
    func sentence(_ text: String) -> [String] { broken(text, indent: 2).map { "  \($0)" } }

    /// A paragraph that is broken already; it is broken anew where it is too wide, unless its lines
    /// are a list or an example.
    func paragraph(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let width, lines.contains(where: { DisplayWidth.of($0) > width }),
            !lines.contains(where: { $0.hasPrefix(" ") })
        else { return lines }
        return broken(lines.joined(separator: " "), indent: 0)
    }

    /// The lines of a text at its blanks; a word that is wider than a line stays whole.
    private func broken(_ text: String, indent: Int) -> [String] {
        guard let width else { return [text] }
        let room = max(1, width - indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if DisplayWidth.of(line) + 1 + DisplayWidth.of(String(word)) <= room {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }
}
