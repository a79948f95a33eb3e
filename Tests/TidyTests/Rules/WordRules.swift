/// Words and forms that have a better replacement.
enum WordRules {
    private static let vagueEndings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility"]
    /// Foundation's names that end like that.
    private static let foreignNames = ["FileManager"]
    private static let promises = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    /// What brings the libraries of regular expressions into a program (D103). A text that is
    /// looked for in a text is `holds`, and no longer one that it `contains`.
    private static let costlySearches = [
        "firstRange(of:", ".ranges(of:", ".matches(of:", ".replacing(", ".trimmingPrefix(",
        ".wholeMatch(", ".firstMatch(", ".prefixMatch(", "Regex", "#/",
    ]
    /// Paths of one machine; written in two parts, so that this file has none.
    private static let machinePaths = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]

    static func check(_ file: SourceFile) -> [Finding] {
        var findings = blanks(file)
        for (index, line) in file.lines.enumerated() {
            let messages =
                prose(line) + (file.isSwift ? swift(file, index) : [])
            findings += messages.map { Finding(file, line: index + 1, $0) }
        }
        return findings
    }

    /// Tabs, blanks at the end of a line, and the end of the file.
    private static func blanks(_ file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        let tabs = file.name == "Makefile" || file.path.hasSuffix(".mk")
        for (index, line) in file.lines.enumerated() {
            if !tabs, line.contains("\t") {
                findings.append(Finding(file, line: index + 1, "a tab: use four blanks"))
            }
            if line.last == " " || line.last == "\t" || line.last == "\r" {
                findings.append(
                    Finding(file, line: index + 1, "a blank ends the line: remove it"))
            }
        }
        if !file.endsWithNewline {
            findings.append(Finding(file, "the last line is not ended: add a line feed"))
        }
        return findings
    }

    private static func prose(_ line: String) -> [String] {
        var messages: [String] = []
        for word in promises where line.holds(word) && line.identifiers.contains(word) {
            messages.append("\(word): do it now, or write down what is narrow in the README")
        }
        for path in machinePaths where line.holds(path) {
            messages.append("\(path) is a path of one machine: make it relative")
        }
        return messages
    }

    private static func swift(_ file: SourceFile, _ index: Int) -> [String] {
        let code = file.code[index]
        guard code.utf8.contains(where: { $0 != UInt8(ascii: " ") }) else { return [] }
        var messages: [String] = []
        for word in file.words[index] {
            guard !foreignNames.contains(word) else { continue }
            for ending in vagueEndings where word.hasSuffix(ending) {
                messages.append("\(word): name what it is or does, not that it is a \(ending)")
            }
        }
        if code.holds("as!") { messages.append("as!: use as? and say what else") }
        messages += UnprovenRules.check(file, index)
        if file.isUnder("Tests"), !file.isUnder("Tests/TestKit"),
            ["Task.sleep(", "usleep(", " sleep("].contains(where: { code.holds($0) })
        {
            messages.append("a sleep: wait for the event, bounded by TestKit's within(_:)")
        }
        if file.isUnder("Sources"), !LayerRules.free.contains(file.target ?? ""),
            code.trimmed.hasPrefix("print(")
        {
            messages.append("a library does not print: return it, or throw it")
        }
        if file.isUnder("Sources") {
            for search in costlySearches where code.holds(search) {
                messages.append("\(search) loads a megabyte of libraries: firstPlace(of:), holds")
            }
        }
        return messages
    }
}
