/// What can be a payload as it is: bytes, and text as its UTF-8.
///
/// Values of other types take a detour that has a name: `json:` for what is `Encodable`.
public protocol BytesConvertible: Sendable {
    /// The bytes of the payload. Complexity: O(1) for `Bytes`, O(n) and one copy for the others.
    var bytes: Bytes { get }
}

extension Bytes: BytesConvertible {
    /// The bytes themselves.
    @inlinable public var bytes: Bytes { self }
}

extension String: BytesConvertible {
    /// The UTF-8 of the text.
    public var bytes: Bytes { Bytes(utf8: self) }
}

extension Substring: BytesConvertible {
    /// The UTF-8 of the text.
    public var bytes: Bytes {
        var text = self
        return text.withUTF8 { unsafe Bytes(copying: $0.span) }
    }
}

extension Array: BytesConvertible where Element == UInt8 {
    /// A copy of the array.
    public var bytes: Bytes { Bytes(self) }
}

extension ArraySlice: BytesConvertible where Element == UInt8 {
    /// A copy of the slice.
    public var bytes: Bytes { Bytes(copying: span) }
}
