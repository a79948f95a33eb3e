internal import BridgeBytes

/// The public half of a key pair of NATS (Ed25519), written as 56 characters whose first one tells
/// whose it is.
package struct NKey: Sendable, Hashable {
    /// Whose key it is, by the byte that the text begins with.
    package enum Role: UInt8, Sendable, CaseIterable {
        case account = 0x00
        case cluster = 0x10
        case server = 0x68
        case `operator` = 0x70
        case user = 0xA0
        case curve = 0xB8
    }

    /// Bytes of a public key, and of the seed of a private one.
    package static let size = 32

    package let role: Role
    package let raw: [UInt8]

    /// - Parameter raw: 32 bytes.
    package init(_ role: Role, raw: [UInt8]) {
        precondition(raw.count == Self.size, "a public key has 32 bytes")
        self.role = role
        self.raw = raw
    }

    /// Reads the text of a key: nothing but its characters, and a checksum that is right.
    /// - Throws: `WireError` in the stage `credentials`, which does not repeat the text.
    package init(parsing text: Span<UInt8>) throws(WireError) {
        guard text.count == 56 else { throw Self.malformed("a public key has 56 characters") }
        var bytes = [UInt8](repeating: 0, count: Base32.decodedCount(text.count))
        var output = bytes.mutableSpan
        guard Base32.decode(text, into: &output) else {
            throw Self.malformed("a public key with a character that no key has")
        }
        guard CRC16.holds(in: bytes.span) else {
            throw Self.malformed("a public key with a wrong checksum")
        }
        guard let role = Role(rawValue: bytes[0]) else {
            throw Self.malformed("a public key of nobody: its first character is unknown")
        }
        self.init(role, raw: Array(bytes[1..<33]))
    }

    package init(parsing text: String) throws(WireError) {
        try self.init(parsing: Array(text.utf8).span)
    }

    /// The key as it is written.
    package var text: String {
        let bytes = [role.rawValue] + raw
        let crc = CRC16.of(bytes.span)
        return Base32.encode(bytes + [UInt8(crc & 0xFF), UInt8(crc >> 8)])
    }

    static func malformed(_ message: String) -> WireError {
        WireError(.invalidCredentials, in: .credentials, message)
    }
}

extension NKey: CustomStringConvertible {
    package var description: String { text }
}
