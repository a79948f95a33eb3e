package import BridgeBytes
import Foundation

/// The JSON form of a table, as it stands beside a golden stream and as we write it, read by
/// Foundation's parser as an independent witness.
package struct GoldenForm {
    private let object: NSDictionary

    /// - Throws: when the bytes are no JSON object.
    package init(_ bytes: Bytes) throws {
        let value = try JSONSerialization.jsonObject(with: Data([UInt8](bytes)))
        guard let object = value as? NSDictionary else { throw FixtureError("no JSON object") }
        self.object = object
    }

    /// Whether a reader must throw.
    package var isRejected: Bool { object["error"] != nil }

    /// Where the form of a table, as JSON, differs from this one, part by part, so that a failure
    /// is readable; empty when it does not.
    package func differences(from other: GoldenForm) -> [String] {
        var found = Self.difference("metadata", other.object["metadata"], object["metadata"])
        found += Self.difference(
            "schema", Self.sorted(other.object["schema"]), Self.sorted(object["schema"]))
        let theirs = other.object["batches"] as? [NSDictionary] ?? []
        let mine = object["batches"] as? [NSDictionary] ?? []
        if theirs.count != mine.count { found.append("\(theirs.count) batches, not \(mine.count)") }
        for (index, (theirs, mine)) in zip(theirs, mine).enumerated() {
            found += Self.differences(theirs, mine).map { "batch \(index): \($0)" }
        }
        return found
    }

    private static func differences(_ theirs: NSDictionary, _ mine: NSDictionary) -> [String] {
        var found = difference("rows", theirs["rows"], mine["rows"])
        found += difference("metadata", theirs["metadata"], mine["metadata"])
        let columns = theirs["columns"] as? [String: Any] ?? [:]
        let expected = mine["columns"] as? [String: Any] ?? [:]
        if columns.count != expected.count { found.append("\(columns.count) columns") }
        for (name, values) in expected {
            found += difference("column \(name)", columns[name], values)
        }
        return found
    }

    private static func difference(_ part: String, _ found: Any?, _ expected: Any?) -> [String] {
        let (found, expected) = (text(found), text(expected))
        return found == expected ? [] : ["\(part) is \(found), not \(expected)"]
    }

    /// The same with the metadata of extension types in one order: writers differ in it.
    private static func sorted(_ value: Any?) -> Any? {
        if let array = value as? [Any] { return array.map { sorted($0) ?? NSNull() } }
        guard var object = value as? [String: Any] else { return value }
        for (key, value) in object { object[key] = sorted(value) }
        if let pairs = object["metadata"] as? [[String]],
            pairs.contains(where: { $0[0].hasPrefix("ARROW:extension") })
        {
            object["metadata"] = pairs.sorted { $0[0] < $1[0] }
        }
        return object
    }

    /// JSON in one spelling: keys sorted, numbers as Foundation prints them.
    private static func text(_ value: Any?) -> String {
        guard let value, !(value is NSNull) else { return "null" }
        let data = try? JSONSerialization.data(
            withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "not JSON"
    }
}
