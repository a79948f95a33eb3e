/// A number exactly as it was written, so that no digit is lost.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The text, such as `-1.50e3`.
    public let text: String

    /// Takes a text that has been checked against the grammar.
    package init(checked text: String) { self.text = text }

    /// The shortest text that gives the same value back; nil for NaN and the infinities, which
    /// JSON cannot write.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        let short = value.description
        text = short.hasSuffix(".0") ? String(short.dropLast(2)) : short
    }

    /// The value when it is a whole number that fits; see `integer(as:)`.
    public var int: Int? { integer() }

    /// The nearest double; an infinity when the number is too large for one.
    public var double: Double { Double(text) ?? .nan }

    public var description: String { text }
}
