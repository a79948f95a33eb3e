internal import BridgeBytes

/// How the end of a message's body is found (RFC 9112 section 6.3).
package enum BodyFraming: Sendable, Hashable {
    /// There is no body.
    case none
    /// Exactly that many bytes; zero is possible.
    case length(Int)
    case chunked
    /// Everything until the peer closes: the only framing that cannot tell a whole body from a
    /// truncated one. Whoever reads it must know the size or the digest from elsewhere.
    case untilClose

    /// The framing of a request.
    /// - Throws: On anything that two readers could understand differently: both lengths,
    ///   lengths that differ or are no numbers, a transfer coding other than exactly `chunked`.
    package static func ofRequest(_ head: RequestHead) throws(HTTPWireError) -> BodyFraming {
        if try isChunked(head.version, head.fields) { return .chunked }
        guard let length = try contentLength(head.fields) else { return .none }
        return .length(length)
    }

    /// The framing of the answer to a request of `method`.
    package static func ofResponse(
        _ head: ResponseHead, to method: String
    ) throws(HTTPWireError) -> BodyFraming {
        if method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304 {
            return .none
        }
        if try isChunked(head.version, head.fields) { return .chunked }
        guard let length = try contentLength(head.fields) else { return .untilClose }
        return .length(length)
    }

    /// The one length that all Content-Length fields agree on, or nil without any.
    package static func contentLength(_ fields: FieldList) throws(HTTPWireError) -> Int? {
        var agreed: Int?
        for value in fields.values(for: "Content-Length") {
            for element in value.split(separator: ",", omittingEmptySubsequences: false) {
                let length = try number(element.utf8)
                guard agreed == nil || agreed == length else {
                    throw HTTPWireError(
                        .invalidContentLength, .framing, "two Content-Length values differ")
                }
                agreed = length
            }
        }
        return agreed
    }

    private static func number(_ text: Substring.UTF8View) throws(HTTPWireError) -> Int {
        let digits = text.drop(while: Octet.isBlank)
        let end = digits.lastIndex { !Octet.isBlank($0) }
        var value = 0
        guard let end else {
            throw HTTPWireError(.invalidContentLength, .framing, "a Content-Length is empty")
        }
        for byte in digits[...end] {
            let (product, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(Int(byte) - 0x30)
            guard Octet.isDigit(byte), !over, !overflow else {
                throw HTTPWireError(
                    .invalidContentLength, .framing,
                    "a Content-Length is no number that we can count")
            }
            value = sum
        }
        return value
    }

    private static func isChunked(
        _ version: HTTPVersion, _ fields: FieldList
    ) throws(HTTPWireError) -> Bool {
        let values = fields.values(for: "Transfer-Encoding")
        guard let value = values.first else { return false }
        guard !fields.contains("Content-Length") else {
            throw HTTPWireError(
                .ambiguousFraming, .framing,
                "Transfer-Encoding and Content-Length stand together")
        }
        guard version == .http11 else {
            throw HTTPWireError(
                .invalidTransferCoding, .framing, "HTTP/1.0 has no transfer codings")
        }
        if values.count == 1, Octet.equalIgnoringCase(value, "chunked") { return true }
        let codings = values.flatMap(FieldList.elements)
        let chunked = codings.filter { Octet.equalIgnoringCase($0, "chunked") }
        let isFinal = codings.last.map { Octet.equalIgnoringCase($0, "chunked") } ?? false
        guard chunked.count == 1, isFinal, codings.count > 1 else {
            throw HTTPWireError(
                .invalidTransferCoding, .framing, "the last transfer coding is not one chunked")
        }
        throw HTTPWireError(
            .unknownTransferCoding, .framing, "chunked is the only transfer coding we know")
    }
}
