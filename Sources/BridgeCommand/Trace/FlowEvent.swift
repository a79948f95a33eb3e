package import BridgeBytes
internal import BridgeJSON

/// One line of a log, as far as it belongs to a flow: `[time] [Correlation: id] message
/// name=value`, as all peers write it, or the JSON object of `--access-log` with `--json`.
///
/// What stands in front of the time, as a journal or a container's log puts it there, is passed
/// over. A line without a time is none of ours.
package struct FlowEvent: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package let time: Timestamp
    /// The flow; empty where the line names none.
    package let correlationID: String
    package let message: String
    package let fields: [Field]

    /// How long it took, where the line says so: it ends at `time`.
    package var duration: Duration? {
        guard let text = self["milliseconds"], let value = Double(text), value >= 0, value < 1e12
        else { return nil }
        return .seconds(value / 1000)
    }

    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Reads a line; nil when it is none of ours.
    package init?(parsing line: String) {
        if let start = line.firstIndex(of: "{"),
            let value = try? JSONValue(parsing: Bytes(utf8: String(line[start...]))),
            let object = value.objectValue
        {
            self.init(object)
        } else {
            self.init(text: line[...])
        }
    }

    private init?(_ object: JSONObject) {
        guard let time = object["timestamp"]?.stringValue.flatMap({ Timestamp($0) }),
            let message = object["message"]?.stringValue
        else { return nil }
        self.time = time
        self.message = message
        correlationID = object["correlation_id"]?.stringValue ?? ""
        let known: Set<String> = ["timestamp", "message", "correlation_id", "level", "stage"]
        fields = object.filter { !known.contains($0.0) }.map { name, value in
            Field(name: name, value: value.stringValue ?? value.description)
        }
    }

    /// Brackets that are looked at for a time: what stands before ours is short.
    private static let mostBrackets = 8

    private init?(text line: Substring) {
        var rest = line
        var found: Timestamp?
        for _ in 0..<Self.mostBrackets {
            guard let open = rest.firstIndex(of: "["),
                let close = rest[open...].firstIndex(of: "]")
            else { return nil }
            found = Timestamp(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: found == nil ? open : close)...]
            if found != nil { break }
        }
        guard let found else { return nil }
        time = found
        rest = rest.drop { $0 == " " }
        let mark = "[Correlation: "
        if rest.hasPrefix(mark), let close = rest.firstIndex(of: "]") {
            correlationID = String(rest[rest.index(rest.startIndex, offsetBy: mark.count)..<close])
            rest = rest[rest.index(after: close)...].drop { $0 == " " }
        } else {
            correlationID = ""
        }
        let places = Self.fields(of: rest)
        message = String(rest[..<(places.first?.begin ?? rest.endIndex)])
        fields = places.indices.map { index in
            let end = index + 1 < places.count ? places[index + 1].begin : rest.endIndex
            return Field(
                name: String(rest[places[index].name]),
                value: String(rest[places[index].value..<end]))
        }
    }

    private typealias FieldPlace = (
        begin: String.Index, name: Range<String.Index>, value: String.Index
    )

    /// Where fields stand: a blank, a name of small letters and `_`, and `=`. Without a regular
    /// expression, for whose machinery the program would be a megabyte larger (D103).
    private static func fields(of text: Substring) -> [FieldPlace] {
        var places: [FieldPlace] = []
        var rest = text
        while let blank = rest.firstIndex(of: " ") {
            rest = rest[rest.index(after: blank)...]
            let name = rest.prefix { $0 == "_" || $0.isASCII && $0.isLowercase }
            guard !name.isEmpty, name.endIndex < rest.endIndex, rest[name.endIndex] == "=" else {
                continue
            }
            rest = rest[rest.index(after: name.endIndex)...]
            places.append((blank, name.startIndex..<name.endIndex, rest.startIndex))
        }
        return places
    }
}
