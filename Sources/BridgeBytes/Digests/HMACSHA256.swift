/// A digest that only those can take who know a key: HMAC over SHA-256 (RFC 2104).
package enum HMACSHA256 {
    /// Bytes of a block of SHA-256, and of a key that is used as it is.
    private static let block = 64

    /// The 32 bytes of the code. A key of more than 64 bytes counts as its own digest.
    package static func code(of text: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        var padded = [UInt8](repeating: 0, count: block)
        if key.count > block {
            var digest = SHA256()
            digest.update(key)
            for (index, byte) in digest.finalize().enumerated() { padded[index] = byte }
        } else {
            for index in 0..<key.count { padded[index] = key[index] }
        }
        let (front, back) = (padded.map { $0 ^ 0x36 }, padded.map { $0 ^ 0x5C })
        var inner = SHA256()
        inner.update(front.span)
        inner.update(text)
        let within = inner.finalize()
        var outer = SHA256()
        outer.update(back.span)
        outer.update(within.span)
        return outer.finalize()
    }
}
