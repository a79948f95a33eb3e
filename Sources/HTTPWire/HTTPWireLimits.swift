/// Upper bounds of everything that a peer can make us hold while we parse HTTP.
///
/// Each bound has the reason for its default beside it; reaching one is a typed error.
public struct HTTPWireLimits: Sendable, Hashable {
    /// Most bytes of a start line and its fields together, with the empty line: 16 KiB, as
    /// Caddy and Node have it.
    public var sectionBytes = 16 << 10
    /// Most field lines of one section: 100.
    public var fieldCount = 100
    /// Longest request target in bytes: 8 KiB (RFC 9112 section 3 asks for 8000).
    public var targetBytes = 8 << 10
    /// Longest method in bytes: 32. No registered method is longer than 17.
    public var methodBytes = 32
    /// Most empty lines that are skipped before a request line (RFC 9112 section 2.2): 2,
    /// since some old clients send that many after a form.
    public var leadingEmptyLines = 2
    /// Most bytes of extensions on one chunk's line: 1 KiB.
    public var chunkExtensionBytes = 1 << 10
    /// Most bytes of extensions in one whole body: 64 KiB.
    public var totalChunkExtensionBytes = 64 << 10
    /// Most digits of a chunk size, leading zeros included: 24.
    public var chunkSizeDigits = 24
    /// Most bytes of a trailer section: 8 KiB.
    public var trailerBytes = 8 << 10
    /// Most interim (1xx) answers before the final one: 16.
    public var interimResponses = 16
    /// Most bytes of one multipart part's fields: 8 KiB.
    public var partHeadBytes = 8 << 10
    /// Most parts of one multipart body: 64.
    public var partCount = 64

    /// The defaults that the properties name.
    public static let `default` = HTTPWireLimits()

    /// Creates the defaults.
    public init() {}
}
