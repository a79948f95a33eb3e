internal import BridgeBytes
internal import BridgeTLS

/// A key pair of NATS for tests, made from a public word: never one for anything else.
package struct KeyPair: Sendable {
    /// The byte that the text of a public key begins with.
    package enum Kind: UInt8, Sendable {
        case `operator` = 0x70
        case account = 0x00
        case user = 0xA0
    }

    package let kind: Kind
    private let raw: [UInt8]

    package init(_ kind: Kind, _ word: String) {
        self.kind = kind
        var digest = SHA256()
        digest.update(Array("a key for tests: \(kind) \(word)".utf8).span)
        raw = digest.finalize()
    }

    /// Whether this machine has the library that signs.
    package static var canSign: Bool { (try? KeyPair(.user, "anybody").publicKey) != nil }

    /// Its seed as text, `S…`.
    package var seed: String {
        let head = [0x90 | kind.rawValue >> 5, (kind.rawValue & 31) << 3]
        return Self.text(head + raw)
    }

    /// Its public key as text.
    package var publicKey: String {
        get throws { Self.text([kind.rawValue] + (try Ed25519.publicKey(seed: raw.span))) }
    }

    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        try Ed25519.sign(message.span, seed: raw.span)
    }

    /// Base32 of the bytes and their checksum.
    private static func text(_ bytes: [UInt8]) -> String {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        let bits = (bytes + [UInt8(crc & 255), UInt8(crc >> 8)]).flatMap { byte in
            (0..<8).map { byte >> (7 - $0) & 1 }
        }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return String(
            stride(from: 0, to: bits.count, by: 5).map { start in
                alphabet[
                    (0..<5).reduce(0) { value, place in
                        let index = start + place
                        return value << 1 | Int(index < bits.count ? bits[index] : 0)
                    }]
            })
    }
}
