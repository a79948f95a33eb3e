extension Bytes: Codable {
    /// A list of bytes. Arrow columns take them as `binary`.
    /// - Throws: What the decoder throws.
    public init(from decoder: any Decoder) throws {
        self.init(try [UInt8](from: decoder))
    }

    /// Writes a list of bytes.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws { try [UInt8](self).encode(to: encoder) }
}
