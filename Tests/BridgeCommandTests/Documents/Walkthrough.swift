import TestKit

/// The walkthrough's blocks as steps: what a reader types, and what is printed then.
struct Walkthrough {
    struct Step {
        let line: Int
        let script: String
        /// Whether it goes on beside the steps behind it, in a terminal of its own.
        let isBeside: Bool
        var output: String?
    }

    private(set) var steps: [Step] = []

    /// `sh` is a step, `output` what the one before prints; `sh beside` and `output beside` are
    /// those of a second terminal.
    /// - Throws: `FixtureError` for a block of another kind, or output of nothing.
    init(_ page: String) throws {
        for block in CodeBlock.blocks(of: page) {
            switch block.language {
            case "sh", "sh beside":
                steps.append(
                    Step(
                        line: block.line, script: block.code,
                        isBeside: block.language == "sh beside"))
            case "output", "output beside":
                let isBeside = block.language == "output beside"
                guard let index = steps.lastIndex(where: { $0.isBeside == isBeside }),
                    steps[index].output == nil
                else { throw FixtureError("line \(block.line): output of nothing") }
                steps[index].output = block.code
            default: throw FixtureError("line \(block.line): a block of \(block.language)")
            }
        }
    }

    /// Lines without what differs each time: identifiers, moments, ports, the sizes that depend on
    /// them, and the width of columns.
    static func constant(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            var line = String(line)
            line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, with: "TIME")
            line.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "ID")
            line.replace(/[0-9a-f]{32}/, with: "ID")
            line.replace(/_INBOX\.\S+/, with: "INBOX")
            line.replace(/127\.0\.0\.1:\d+/, with: "HOST")
            line.replace(/[\d.,]+ [kKM]?B {2}correlation/, with: "SIZE correlation")
            return line.split(separator: " ").joined(separator: " ")
        }
    }
}
