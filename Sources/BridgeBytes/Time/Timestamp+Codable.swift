extension Timestamp: Codable {
    /// A list of two numbers, seconds and nanoseconds: the text form has no more than
    /// milliseconds. Arrow columns take moments as `timestamp`.
    /// - Throws: What the decoder throws, and `DecodingError` for nanoseconds that make a second or
    ///   more.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let seconds = try container.decode(Int64.self)
        let nanoseconds = try container.decode(Int32.self)
        guard nanoseconds >= 0, nanoseconds < 1_000_000_000 else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\(nanoseconds) nanoseconds are not below one second")
        }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// Writes a list of two numbers, seconds and nanoseconds.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(seconds)
        try container.encode(nanoseconds)
    }
}
