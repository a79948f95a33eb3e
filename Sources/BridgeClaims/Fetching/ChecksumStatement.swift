public import BridgeBytes

/// What the digest that a sender states is worth.
public enum ChecksumStatement: Sendable, Hashable {
    /// The bytes can be verified against it.
    case known(Checksum)
    /// A digest that is not known here, by its name as it was stated, cut to 40 characters; empty
    /// where the statement has no name. The bytes cannot be verified, which the receiver should
    /// tell.
    case unknownName(String)
    /// The name is known and the value is not one of its kind: too short, too long, or not
    /// hexadecimal. No bytes can have it.
    case malformed

    /// Longest name that is kept of an unknown digest, in characters.
    private static let longestName = 40

    /// Reads `name:<hex>`, such as `xxh64:…` or `sha256:…`.
    public init(parsing text: String) {
        do throws(CodecError) {
            self = .known(try Checksum(parsing: text))
        } catch {
            switch error.code {
            case .unknownAlgorithm:
                let name = text.prefix { $0 != ":" }
                self = .unknownName(String(name.prefix(Self.longestName)))
            default:
                self = text.utf8.contains(0x3A) ? .malformed : .unknownName("")
            }
        }
    }
}
