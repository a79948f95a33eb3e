/// Position of an item in a list, as a coding key.
package struct IndexKey: CodingKey {
    package let index: Int

    package init(_ index: Int) { self.index = index }

    package init?(intValue: Int) { index = intValue }

    package init?(stringValue: String) { nil }

    package var intValue: Int? { index }
    package var stringValue: String { "[\(index)]" }
}

/// A name that no type of the caller's knows.
package struct NameKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(_ name: String) { stringValue = name }

    package init?(stringValue: String) { self.stringValue = stringValue }

    package init?(intValue: Int) { nil }
}

extension [any CodingKey] {
    /// The path as people write it: `points[3].x`.
    package var text: String {
        reduce(into: "") { text, key in
            if let index = (key as? IndexKey)?.index {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : "." + key.stringValue
            }
        }
    }
}
