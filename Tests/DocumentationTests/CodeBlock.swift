/// A fenced block of a page.
struct CodeBlock: Equatable {
    /// The line of its opening fence, counted from 1.
    let line: Int
    /// What stands behind the fence: "swift", "output".
    let language: String
    var code: String

    /// The blocks of a page, in order.
    static func blocks(of text: String) -> [CodeBlock] {
        var result: [CodeBlock] = []
        var isOpen = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                if !isOpen {
                    let language = String(line.dropFirst(3))
                    result.append(CodeBlock(line: index + 1, language: language, code: ""))
                }
                isOpen.toggle()
            } else if isOpen {
                result[result.count - 1].code += line + "\n"
            }
        }
        return result
    }
}
