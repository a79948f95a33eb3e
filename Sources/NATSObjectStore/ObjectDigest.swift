internal import BridgeBytes

/// The digest of an object's bytes, as stores write it.
struct ObjectDigest: Sendable {
    private static let prefix = "SHA-256="

    private var hash = SHA256()

    mutating func update(_ bytes: Bytes) { hash.update(bytes.span) }

    mutating func update(_ bytes: Span<UInt8>) { hash.update(bytes) }

    /// `SHA-256=` and base64 with `-`, `_` and padding.
    func text() -> String { Self.prefix + ObjectNames.base64URL(Bytes(hash.finalize())) }

    /// Whether a writer's digest is this one. Some write the name in small letters, and some leave
    /// the padding out.
    func matches(_ stated: String) -> Bool { Self.plain(stated) == Self.plain(text()) }

    private static func plain(_ text: String) -> String {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return text }
        return parts[0].lowercased() + "=" + parts[1].prefix { $0 != "=" }
    }
}
