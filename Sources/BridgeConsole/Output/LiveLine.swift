/// One line on a terminal that is written over while something lasts, and taken away behind it;
/// nothing where the standard error is none, or nobody wants it.
package final class LiveLine {
    private let isShown: Bool
    private var width = 0

    /// - Parameter isWanted: Whether anybody wants to see it.
    package init(isWanted: Bool) { isShown = isWanted && Console.errorsAreTerminal }

    /// Shows a text in place of the one before.
    package func show(_ text: String) {
        guard isShown else { return }
        let line = TerminalText.line(text, atMost: Terminal.width - 1)
        width = max(width, line.count)
        Console.overwrite(Figures.padded(line, width))
    }

    /// Takes the line away.
    package func clear() {
        guard isShown, width > 0 else { return }
        Console.overwrite(String(repeating: " ", count: width) + "\r")
        width = 0
    }
}
