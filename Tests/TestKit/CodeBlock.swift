/// A fenced block of a page.
package struct CodeBlock: Equatable, Sendable {
    /// The line of its opening fence, counted from 1.
    package let line: Int
    /// What stands behind the fence: "swift", "sh", "output".
    package let language: String
    package var code: String

    /// The blocks of a page, in order.
    package static func blocks(of text: String) -> [CodeBlock] {
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
