/// A chart of lines as one SVG file that needs nothing beside it: no script, no font, no network.
package struct SVGChart: Sendable {
    /// How an axis is divided.
    package enum Scale: Sendable {
        case linear
        /// Each decade as long as any other; values of 0 and less have no place.
        case logarithmic
    }

    /// What an axis shows.
    package struct Axis: Sendable {
        let label: String
        let scale: Scale
        let format: @Sendable (Double) -> String

        package init(
            _ label: String, _ scale: Scale = .linear,
            format: @escaping @Sendable (Double) -> String
        ) {
            self.label = label
            self.scale = scale
            self.format = format
        }
    }

    /// One line, through points in the order of their x.
    package struct Line: Sendable {
        let name: String
        let points: [(x: Double, y: Double)]

        package init(_ name: String, _ points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    /// Colours that differ in lightness, too, for whoever sees few of them.
    private static let colours = ["#0b62a4", "#c2571a", "#3a8c3f", "#8a3a9c", "#6b6b6b", "#b01e3c"]
    private static let size = (width: 860.0, height: 460.0)
    private static let margin = (left: 84.0, right: 24.0, top: 66.0, bottom: 58.0)
    /// About how wide a letter of a name is.
    private static let letterWidth = 6.6

    let title: String
    let x: Axis
    let y: Axis
    let lines: [Line]

    package init(_ title: String, x: Axis, y: Axis, _ lines: [Line]) {
        self.title = title
        self.x = x
        self.y = y
        self.lines = lines
    }

    /// The file.
    package var svg: String {
        let (across, up) = (place(x, \.x, across: true), place(y, \.y, across: false))
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 460" role="img" \
            font-family="system-ui, sans-serif" font-size="12">
            <title>\(Self.escaped(title))</title>
            <rect width="860" height="460" fill="#fff"/>
            <text x="\(Self.text(Self.margin.left))" y="26" font-size="16" fill="#222">\
            \(Self.escaped(title))</text>
            """
        ]
        parts += grid(across, up)
        var end = Self.margin.left
        for (index, line) in lines.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let points = line.points.compactMap { point -> String? in
                guard let x = across.position(point.x), let y = up.position(point.y) else {
                    return nil
                }
                return "\(Self.text(x)),\(Self.text(y))"
            }
            parts.append(
                """
                <polyline fill="none" stroke="\(colour)" stroke-width="1.6" \
                points="\(points.joined(separator: " "))"/>
                """)
            parts.append(
                """
                <text x="\(Self.text(end))" y="50" fill="\(colour)">\
                \(Self.escaped(line.name))</text>
                """)
            end += Double(line.name.count + 3) * Self.letterWidth
        }
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }

    private func place(
        _ axis: Axis, _ value: KeyPath<(x: Double, y: Double), Double>, across: Bool
    ) -> AxisPlace {
        let values = lines.flatMap { $0.points.map { $0[keyPath: value] } }
        let (start, end) =
            across
            ? (Self.margin.left, Self.size.width - Self.margin.right)
            : (Self.size.height - Self.margin.bottom, Self.margin.top)
        return AxisPlace(values, axis.scale, from: start, to: end)
    }

    private func grid(_ across: AxisPlace, _ up: AxisPlace) -> [String] {
        let (left, right) = (Self.margin.left, Self.size.width - Self.margin.right)
        let (top, bottom) = (Self.margin.top, Self.size.height - Self.margin.bottom)
        var parts: [String] = []
        for tick in across.ticks {
            guard let place = across.position(tick).map(Self.text) else { continue }
            parts.append(
                """
                <path d="M\(place) \(Self.text(top))V\(Self.text(bottom))" stroke="#ddd"/>\
                <text x="\(place)" y="\(Self.text(bottom + 18))" text-anchor="middle" \
                fill="#444">\(Self.escaped(x.format(tick)))</text>
                """)
        }
        for tick in up.ticks {
            guard let place = up.position(tick) else { continue }
            parts.append(
                """
                <path d="M\(Self.text(left)) \(Self.text(place))H\(Self.text(right))" \
                stroke="#ddd"/><text x="\(Self.text(left - 8))" y="\(Self.text(place + 4))" \
                text-anchor="end" fill="#444">\(Self.escaped(y.format(tick)))</text>
                """)
        }
        let middle = (left + right) / 2
        parts.append(
            """
            <text x="\(Self.text(middle))" y="\(Self.text(bottom + 42))" text-anchor="middle" \
            fill="#222">\(Self.escaped(x.label))</text>\
            <text transform="translate(16 \(Self.text((top + bottom) / 2))) rotate(-90)" \
            text-anchor="middle" fill="#222">\(Self.escaped(y.label))</text>
            """)
        return parts
    }

    private static func text(_ value: Double) -> String {
        String((value * 100).rounded() / 100)
    }

    /// A text of ours or of a file, which must not become markup.
    private static func escaped(_ text: String) -> String {
        TerminalText.line(text).reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}
