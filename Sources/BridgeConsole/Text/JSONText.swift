internal import BridgeBytes
package import BridgeJSON

/// JSON for a person: members on lines of their own, indented; short arrays and objects stay on
/// one line; long texts are shown whole, since the result is still JSON.
package enum JSONText {
    /// Widest array or object that stays on one line.
    private static let width = 72

    package static func lines(of value: JSONValue) -> [String] { lines(value, indent: "") }

    private static func lines(_ value: JSONValue, indent: String) -> [String] {
        let inner = indent + "  "
        switch value {
        case .object(let object) where isLong(value):
            return block("{", "}", indent, object.count) { index in
                let (key, member) = object[index]
                let name = JSONValue.string(key).description
                return prefixed(lines(member, indent: inner), "\(inner)\(name): ")
            }
        case .array(let elements) where isLong(value):
            return block("[", "]", indent, elements.count) { index in
                prefixed(lines(elements[index], indent: inner), inner)
            }
        default: return [value.description]
        }
    }

    private static func isLong(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object): !object.isEmpty && value.encoded().count > width
        case .array(let elements): !elements.isEmpty && value.encoded().count > width
        default: false
        }
    }

    private static func block(
        _ open: String, _ close: String, _ indent: String, _ count: Int,
        _ element: (Int) -> [String]
    ) -> [String] {
        var lines = [open]
        for index in 0..<count {
            var part = element(index)
            if index < count - 1 { part[part.count - 1] += "," }
            lines += part
        }
        return lines + [indent + close]
    }

    private static func prefixed(_ lines: [String], _ prefix: String) -> [String] {
        [prefix + (lines.first ?? "")] + lines.dropFirst()
    }
}
