extension Bytes: Codable {
    /// A list of bytes. Arrow columns take them as `binary`.
    public init(from decoder: any Decoder) throws {
        self.init(try [UInt8](from: decoder))
    }

    /// Writes a list of bytes.
    public func encode(to encoder: any Encoder) throws { try [UInt8](self).encode(to: encoder) }
}
