import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import Foundation
import Testing

/// The JSON beside a golden stream, read by Foundation's parser as an independent witness.
struct GoldenForm {
    private let object: NSDictionary

    init(_ bytes: Bytes) throws {
        let value = try JSONSerialization.jsonObject(with: Data([UInt8](bytes)))
        object = try #require(value as? NSDictionary)
    }

    /// Whether a reader must throw.
    var isRejected: Bool { object["error"] != nil }

    /// Compares a table's JSON form with this one, part by part, so that a failure is readable.
    func check(_ table: Table) throws(ArrowError) {
        var writer = JSONWriter()
        try ArrowJSONForm.write(table, into: &writer)
        let bytes = writer.finish()
        guard let form = try? GoldenForm(bytes) else {
            Issue.record("the form of the table is not JSON: \(String(repairing: bytes))")
            return
        }
        #expect(Self.text(form.object["metadata"]) == Self.text(object["metadata"]))
        let schema = Self.text(Self.sorted(form.object["schema"]))
        #expect(schema == Self.text(Self.sorted(object["schema"])))
        let mine = form.object["batches"] as? [NSDictionary] ?? []
        let theirs = object["batches"] as? [NSDictionary] ?? []
        #expect(mine.count == theirs.count)
        for (mine, theirs) in zip(mine, theirs) { Self.check(mine, theirs) }
    }

    private static func check(_ mine: NSDictionary, _ theirs: NSDictionary) {
        #expect(text(mine["rows"]) == text(theirs["rows"]))
        #expect(text(mine["metadata"]) == text(theirs["metadata"]))
        let columns = mine["columns"] as? NSDictionary ?? [:]
        let expected = theirs["columns"] as? NSDictionary ?? [:]
        #expect(columns.count == expected.count)
        for (name, values) in expected {
            #expect(text(columns[name]) == text(values), "column \(name)")
        }
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
