/// Which release of the library this is.
public enum LibraryVersion {
    /// The version, by Semantic Versioning. NATS servers see it in CONNECT, HTTP servers in
    /// `User-Agent`, and people in `natsbridge --version`.
    public static let current = "0.1.0"
}
