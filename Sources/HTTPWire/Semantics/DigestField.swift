internal import BridgeBytes

/// A field with digests, such as `Repr-Digest` and `Content-Digest` (RFC 9530):
/// `sha-256=:<base64>:, sha-512=:<base64>:`.
///
/// Of the algorithms that are registered only SHA-256 is computed here. Others are passed over, as
/// the RFC lets whoever does not know them.
package struct DigestField: Sendable, Hashable {
    /// The SHA-256 digest, 64 hexadecimal digits; nil when the field does not state it.
    package let sha256: String?

    /// Reads the members of one field; nil for what breaks the form, for a digest of the wrong
    /// length, and for two that contradict each other.
    package init?(_ members: [String]) {
        var found: String?
        for member in members {
            guard let equals = member.firstIndex(of: "=") else { return nil }
            let name = member[..<equals].lowercased()
            let value = member[member.index(after: equals)...]
            guard value.utf8.count >= 2, value.hasPrefix(":"), value.hasSuffix(":"),
                !name.isEmpty, name.utf8.allSatisfy(Octet.isToken)
            else { return nil }
            let text = Array(value.dropFirst().dropLast().utf8)
            guard let bytes = try? Base64.decode(text.span) else { return nil }
            guard name == "sha-256" else { continue }
            let digits = Hex.string(bytes.span)
            guard bytes.count == 32, found == nil || found == digits else { return nil }
            found = digits
        }
        sha256 = found
    }

    /// The value of a field that states a SHA-256 digest.
    /// - Parameter digits: 64 hexadecimal digits.
    package static func value(sha256 digits: String) -> String? {
        let digits = Array(digits.utf8)
        guard digits.count == 64, let bytes = try? Hex.decode(digits.span) else { return nil }
        return "sha-256=:\(String(validating: Base64.encode(bytes.span), as: UTF8.self) ?? ""):"
    }
}
