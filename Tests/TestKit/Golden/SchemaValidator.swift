internal import BridgeBytes
package import BridgeJSON

/// A validator of JSON Schema (draft 2020-12) for the keywords that our schema uses. A keyword
/// that it does not know is a fault of its own: nothing passes because it was overlooked.
package struct SchemaValidator: Sendable {
    private let root: JSONValue

    package init(_ schema: JSONValue) { root = schema }

    /// The validator of `docs/schema/envelope-v1.json`.
    package static func envelope() throws -> SchemaValidator {
        let file = try TestFile.bytes(PackageRoot.file("docs/schema/envelope-v1.json"))
        return SchemaValidator(try JSONValue(parsing: file))
    }

    /// What is wrong with a value; empty when nothing is.
    package func faults(in value: JSONValue) -> [String] { check(value, root, "") }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        guard let keywords = schema.objectValue else { return ["\(path): no schema"] }
        return keywords.flatMap { keyword, rule in
            check(value, keyword, rule, keywords, path).map { "\(path) \(keyword): \($0)" }
        }
    }

    private func check(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONObject,
        _ path: String
    ) -> [String] {
        switch keyword {
        case "$schema", "$id", "$defs", "title", "description": return []
        case "$ref": return check(value, definition(rule), path)
        case "type": return isType(value, rule.stringValue ?? "") ? [] : ["not \(rule)"]
        case "const": return value == rule ? [] : ["not \(rule)"]
        case "enum": return rule.arrayValue?.contains(value) == true ? [] : ["not one of \(rule)"]
        case "required", "properties", "additionalProperties":
            guard let object = value.objectValue else { return [] }
            return check(members: object, keyword, rule, schema, path)
        case "items":
            return (value.arrayValue ?? []).enumerated().flatMap {
                check($0.element, rule, "\(path)[\($0.offset)]")
            }
        case "minLength":
            let length = value.stringValue?.unicodeScalars.count ?? .max
            return length >= rule.intValue ?? .max ? [] : ["too short"]
        case "minimum":
            return value.doubleValue ?? .infinity >= rule.doubleValue ?? .nan ? [] : ["too small"]
        case "pattern": return matches(value, rule.stringValue ?? "") ? [] : ["no match"]
        case "oneOf":
            let fitting = (rule.arrayValue ?? []).count { check(value, $0, path).isEmpty }
            return fitting == 1 ? [] : ["\(fitting) of them fit"]
        default: return ["a keyword that the validator does not know"]
        }
    }

    private func check(
        members object: JSONObject, _ keyword: String, _ rule: JSONValue, _ schema: JSONObject,
        _ path: String
    ) -> [String] {
        switch keyword {
        case "required":
            return (rule.arrayValue ?? []).compactMap(\.stringValue)
                .filter { object[$0] == nil }.map { "\($0) is missing" }
        case "properties":
            return (rule.objectValue ?? [:]).flatMap { name, rule in
                object[name].map { check($0, rule, "\(path).\(name)") } ?? []
            }
        default:
            guard rule == false else { return ["only false is known"] }
            let known = schema["properties"]?.objectValue ?? [:]
            return object.map(\.key).filter { known[$0] == nil }.map { "\($0) is unknown" }
        }
    }

    private func definition(_ reference: JSONValue) -> JSONValue {
        let parts = (reference.stringValue ?? "").split(separator: "/").dropFirst()
        return parts.reduce(root) { $0[String($1)] ?? nil }
    }

    private func isType(_ value: JSONValue, _ name: String) -> Bool {
        switch (name, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
            ("null", .null), ("number", .number):
            true
        case ("integer", .number): value.doubleValue.map { $0.rounded() == $0 } ?? false
        default: false
        }
    }

    /// Patterns concern strings only. Ours are anchored, so a search is a match.
    private func matches(_ value: JSONValue, _ pattern: String) -> Bool {
        guard let text = value.stringValue else { return true }
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex) != nil
    }
}
