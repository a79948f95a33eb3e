/// A word out of a list that servers may lengthen: one that is not known here is a value as well,
/// so that it can be read, compared and sent back.
public protocol ServerWord: RawRepresentable, Hashable, Sendable, CustomStringConvertible
where RawValue == String {
    /// The word as the server writes it.
    init(rawValue: String)
}

extension ServerWord {
    /// The word as the server writes it.
    public var description: String { rawValue }
}
