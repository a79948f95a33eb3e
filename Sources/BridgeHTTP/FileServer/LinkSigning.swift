/// Whether the links of a file server carry a signature with the time until which they hold, and
/// whether reading needs one.
public enum LinkSigning: String, Sendable, Hashable, CaseIterable {
    /// Links are plain: whoever knows the identifier may read. Signatures are not looked at.
    case off
    /// New links are signed, and one with a signature holds no longer than it says; plain ones
    /// are answered all the same, so that links of before still work.
    case offered = "offer"
    /// Reading needs a signature, or the token of the upload. The uploads of Plik, whose links
    /// the peers make themselves, are refused.
    case demanded = "demand"
}
