internal import BridgeSockets
internal import Glibc

/// The terminal that shows the standard output, if one does.
package enum Terminal {
    /// The width of a line when nothing says how wide one is.
    private static let defaultWidth = 100
    /// Lines that a broken terminal or variable asks for are kept in these bounds.
    private static let widths = 20...4_000

    /// Whether a person is likely to watch the standard output.
    package static var isWatched: Bool { ThisProgram.isTerminal(1) }

    /// The columns of a line: the terminal's, else what COLUMNS says, else 100.
    package static var width: Int {
        var size = winsize()
        // Sound: the kernel writes one structure of this type.
        if isWatched, unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return min(max(Int(size.ws_col), widths.lowerBound), widths.upperBound)
        }
        guard let columns = variable("COLUMNS").flatMap({ Int($0) }), columns > 0 else {
            return defaultWidth
        }
        return min(max(columns, widths.lowerBound), widths.upperBound)
    }

    /// Where sentences for a person are broken; nil where a program is likely to read them, which
    /// finds them whole.
    package static var readingWidth: Int? {
        isWatched || variable("COLUMNS") != nil ? width : nil
    }

    /// Whether colours are wanted: on a terminal that has them, unless NO_COLOR is set.
    package static var hasColor: Bool {
        isWatched && variable("TERM") != "dumb" && (variable("NO_COLOR") ?? "").isEmpty
    }

    private static func variable(_ name: String) -> String? { ProcessEnvironment.value(name) }
}
