public import ArrowIPC
internal import BridgeBytes
package import BridgeJSON
public import FoundationEssentials
public import HTTPWire

extension HTTPURL {
    /// The absolute form of a URL.
    /// - Throws: `HTTPWireError` with `invalidURL` when it is not one of `http` or `https`.
    public init(_ url: URL) throws(HTTPWireError) { try self.init(url.absoluteString) }
}

extension URL {
    /// The URL as Foundation's; nil when Foundation does not take it.
    public init?(_ url: HTTPURL) { self.init(string: url.text) }
}

/// In rows, a URL is text.
extension URL: ArrowScalarConvertible {
    /// `utf8`
    public static var arrowType: DataType { .utf8 }

    /// The absolute form for columns of text; nil for others.
    public func arrowScalar(for type: DataType) -> ArrowScalar? {
        switch type {
        case .utf8, .largeUTF8, .dictionary: .text(absoluteString)
        default: nil
        }
    }

    /// The URL of a text; nil for any other scalar, and where Foundation does not take the text.
    public init?(arrowScalar: ArrowScalar) {
        guard case .text(let text) = arrowScalar else { return nil }
        self.init(string: text)
    }
}

/// In JSON, a URL is text.
extension URL: JSONScalar {
    package func jsonValue() -> JSONValue? { .string(absoluteString) }

    package init?(jsonValue: JSONValue) {
        guard case .string(let text) = jsonValue else { return nil }
        self.init(string: text)
    }

    package static var jsonForm: String { "a URL" }
}
