extension Base64 {
    /// The text of `span` in the alphabet for URLs, without padding (RFC 4648, section 5).
    package static func encodeForURL(_ span: Span<UInt8>) -> String {
        let text = encode(span)
        var characters: [UInt8] = []
        characters.reserveCapacity(text.count)
        for index in 0..<text.count {
            switch text.span[index] {
            case padding: continue
            case 0x2B: characters.append(0x2D)
            case 0x2F: characters.append(0x5F)
            case let character: characters.append(character)
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The bytes that `text` encodes in the alphabet for URLs; nil when it holds anything else, or
    /// ends within a byte.
    package static func decodeFromURL(_ text: Span<UInt8>) -> Bytes? {
        for index in 0..<text.count where !isForURL(text[index]) { return nil }
        return try? decode(text, .lenient)
    }

    private static func isForURL(_ character: UInt8) -> Bool {
        switch character {
        case 0x2D, 0x5F: true
        case 0x2B, 0x2F: false
        default: value(character) != nil
        }
    }
}
