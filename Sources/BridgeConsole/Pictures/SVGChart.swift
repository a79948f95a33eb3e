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
        /// The name of the line whose colour this one has, too, dashed.
        let counterpart: String?

        package init(
            _ name: String, _ points: [(x: Double, y: Double)],
            dashedLike counterpart: String? = nil
        ) {
            self.name = name
            self.points = points
            self.counterpart = counterpart
        }
    }

    /// Colours that differ in lightness, too, for whoever sees few of them.
    private static let colours = ["#0b62a4", "#c2571a", "#3a8c3f", "#8a3a9c", "#6b6b6b", "#b01e3c"]
    private static let width = 860.0
    private static let plotHeight = 336.0
    private static let margin = (left: 84.0, right: 24.0, bottom: 58.0)
    /// Where the first row of names stands, and how far the next is below it.
    private static let names = (first: 50.0, step: 17.0)
    /// About how wide a letter of a name is, and the stroke before it.
    private static let letterWidth = 6.6
    private static let strokeWidth = 22.0

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

    /// Where the name of each line stands; names that have no room go on in another row.
    private var namePlaces: [(x: Double, y: Double)] {
        var place = (x: Self.margin.left, y: Self.names.first)
        return lines.map { line in
            let width = Self.strokeWidth + Double(line.name.count) * Self.letterWidth
            if place.x > Self.margin.left, place.x + width > Self.width - Self.margin.right {
                place = (Self.margin.left, place.y + Self.names.step)
            }
            defer { place.x += width + 2 * Self.letterWidth }
            return place
        }
    }

    private func colour(_ index: Int) -> String {
        let counterpart = lines[index].counterpart
        let place = counterpart.flatMap { name in lines.firstIndex { $0.name == name } } ?? index
        return Self.colours[place % Self.colours.count]
    }

    /// The file.
    package var svg: String {
        let places = namePlaces
        let top = (places.last?.y ?? Self.names.first) + 16
        let plot = (top: top, bottom: top + Self.plotHeight)
        let (across, up) = (place(x, \.x, across: true, plot), place(y, \.y, across: false, plot))
        let height = Self.text(plot.bottom + Self.margin.bottom)
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 \(height)" role="img" \
            font-family="system-ui, sans-serif" font-size="12">
            <title>\(Self.escaped(title))</title>
            <rect width="860" height="\(height)" fill="#fff"/>
            <text x="\(Self.text(Self.margin.left))" y="26" font-size="16" fill="#222">\
            \(Self.escaped(title))</text>
            """
        ]
        parts += grid(across, up, plot)
        for (index, line) in lines.enumerated() {
            let points = line.points.compactMap { point -> String? in
                guard let x = across.position(point.x), let y = up.position(point.y) else {
                    return nil
                }
                return "\(Self.text(x)),\(Self.text(y))"
            }
            parts.append(drawn(index, points.joined(separator: " "), named: places[index]))
        }
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }

    /// A line, and its name behind a piece of its stroke.
    private func drawn(
        _ index: Int, _ points: String, named place: (x: Double, y: Double)
    ) -> String {
        let colour = colour(index)
        let dashes = lines[index].counterpart == nil ? "" : " stroke-dasharray=\"5 3\""
        let stroke = "stroke=\"\(colour)\" stroke-width=\"1.6\"\(dashes)"
        return """
            <polyline fill="none" \(stroke) points="\(points)"/>
            <path d="M\(Self.text(place.x)) \(Self.text(place.y - 4))h16" \(stroke)/>\
            <text x="\(Self.text(place.x + Self.strokeWidth))" y="\(Self.text(place.y))" \
            fill="\(colour)">\(Self.escaped(lines[index].name))</text>
            """
    }

    private func place(
        _ axis: Axis, _ value: KeyPath<(x: Double, y: Double), Double>, across: Bool,
        _ plot: (top: Double, bottom: Double)
    ) -> AxisPlace {
        let values = lines.flatMap { $0.points.map { $0[keyPath: value] } }
        let (start, end) =
            across
            ? (Self.margin.left, Self.width - Self.margin.right) : (plot.bottom, plot.top)
        return AxisPlace(values, axis.scale, from: start, to: end)
    }

    private func grid(
        _ across: AxisPlace, _ up: AxisPlace, _ plot: (top: Double, bottom: Double)
    ) -> [String] {
        let (left, right) = (Self.margin.left, Self.width - Self.margin.right)
        let (top, bottom) = plot
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
