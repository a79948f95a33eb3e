internal import BridgeBytes

/// The private half of a key pair, as 58 characters that begin with `S` and tell whose it is:
/// wiped when nobody holds it any longer, never printed.
package struct NKeySeed: Sendable {
    /// The first five bits of a seed's first byte.
    private static let mark: UInt8 = 0x90
    private static let textCount = 58

    package let role: NKey.Role
    /// Two bytes of mark and role, 32 of the seed, two of the checksum.
    private let secret: Secret

    /// Reads the text of a seed: nothing but its characters, and a checksum that is right.
    /// - Throws: `WireError` in the stage `credentials`, which does not repeat the text.
    package init(parsing text: Span<UInt8>) throws(WireError) {
        guard text.count == Self.textCount else {
            throw NKey.malformed("a seed has \(Self.textCount) characters")
        }
        secret = try Secret(capacity: Base32.decodedCount(text.count)) {
            (memory: inout MutableSpan<UInt8>) throws(WireError) -> Int in
            guard Base32.decode(text, into: &memory) else {
                throw NKey.malformed("a seed with a character that no seed has")
            }
            return memory.count
        }
        role = try secret.withBytes { (bytes) throws(WireError) -> NKey.Role in
            guard CRC16.holds(in: bytes) else {
                throw NKey.malformed("a seed with a wrong checksum")
            }
            guard bytes[0] & 0xF8 == Self.mark, bytes[1] & 7 == 0,
                let role = NKey.Role(rawValue: bytes[0] << 5 | bytes[1] >> 3)
            else {
                throw NKey.malformed("no seed: it does not begin as one")
            }
            return role
        }
    }

    package init(parsing text: String) throws(WireError) {
        var bytes = Array(text.utf8)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        try self.init(parsing: bytes.span)
    }

    /// Lends the 32 bytes that Ed25519 signs with; `body` must keep no copy of them.
    package func withRaw<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try secret.withBytes { (bytes) throws(E) -> R in
            try body(bytes.extracting(2..<2 + NKey.size))
        }
    }
}

extension NKeySeed: CustomStringConvertible, CustomReflectable {
    /// Whose it is, and nothing of it.
    package var description: String { "a seed of the role \(role)" }
    package var customMirror: Mirror { Mirror(self, children: ["seed": description]) }
}
