import BridgeJSON

/// Where two JSON values differ, as a path and the two parts; nil when they mean the same.
///
/// Numbers are compared by value, since two writers may spell one number in two ways; the order
/// of an object's keys does not matter here.
func difference(_ left: JSONValue, _ right: JSONValue, at path: String = "$") -> String? {
    switch (left, right) {
    case (.object(let one), .object(let other)):
        let keys = Set(one.map(\.key)).union(other.map(\.key)).sorted()
        for key in keys {
            let place = path + "." + key
            guard let a = one[key] else { return "\(place) is missing on the left" }
            guard let b = other[key] else { return "\(place) is missing on the right" }
            if let found = difference(a, b, at: place) { return found }
        }
        return nil
    case (.array(let one), .array(let other)):
        guard one.count == other.count else {
            return "\(path) has \(one.count) and \(other.count) elements"
        }
        for (index, (a, b)) in zip(one, other).enumerated() {
            if let found = difference(a, b, at: "\(path)[\(index)]") { return found }
        }
        return nil
    case (.number(let one), .number(let other)):
        guard one != other else { return nil }
        guard one.double == other.double else { return "\(path) is \(one) and \(other)" }
        return nil
    default:
        guard left == right else { return "\(path) is \(left) and \(right)" }
        return nil
    }
}
