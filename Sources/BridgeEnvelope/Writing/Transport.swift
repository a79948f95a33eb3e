/// How a payload travels; the raw values are what `transport` says on the wire.
public enum Transport: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Inside the message.
    case direct
    /// At a file server; the message holds the URL.
    case link

    public var description: String { rawValue }

    /// What `encoding` says in the strict form.
    var encoding: String {
        switch self {
        case .direct: "base64"
        case .link: "none"
        }
    }
}
