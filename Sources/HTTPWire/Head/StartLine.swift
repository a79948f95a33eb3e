internal import BridgeBytes

/// The first line of a message, checked octet by octet (RFC 9112 sections 3 and 4).
///
/// A line is given without its CRLF. Exactly one space stands between the parts; nothing is
/// repaired.
enum StartLine: Sendable, Hashable {
    case request(method: String, target: String, version: HTTPVersion)
    case response(status: Int, reason: String, version: HTTPVersion)

    static func request(
        _ line: Span<UInt8>, limits: HTTPWireLimits
    ) throws(HTTPWireError) -> StartLine {
        try checkRequestPrefix(line, limits: limits)
        guard let first = Scan.firstIndex(of: Octet.space, in: line),
            let second = Scan.firstIndex(of: Octet.space, in: line, from: first + 1)
        else {
            throw HTTPWireError(
                .invalidRequestLine, .head, at: 0, "a request line is method, target and version")
        }
        let method = line.extracting(0..<first)
        guard Octet.isToken(method) else {
            throw HTTPWireError(.invalidRequestLine, .head, at: 0, "the method is not a token")
        }
        let target = line.extracting(first + 1..<second)
        guard !target.isEmpty else {
            throw HTTPWireError(.invalidTarget, .head, at: first + 1, "the target is empty")
        }
        for index in target.indices where target[index] < 0x21 || target[index] > 0x7E {
            throw HTTPWireError(
                .invalidTarget, .head, at: first + 1 + index,
                "the target holds a byte outside ASCII")
        }
        let version = try version(
            line.extracting(second + 1..<line.count), at: second + 1, otherwise: .invalidRequestLine
        )
        return .request(
            method: Octet.text(method), target: Octet.text(target), version: version)
    }

    /// The length rules that hold for a line whose end has not come yet.
    static func checkRequestPrefix(
        _ line: Span<UInt8>, limits: HTTPWireLimits
    ) throws(HTTPWireError) {
        let first = Scan.firstIndex(of: Octet.space, in: line) ?? line.count
        guard first <= limits.methodBytes else {
            throw HTTPWireError(
                .methodTooLong, .head, at: limits.methodBytes,
                "the method is longer than \(limits.methodBytes) bytes")
        }
        let start = min(first + 1, line.count)
        let end = Scan.firstIndex(of: Octet.space, in: line, from: start) ?? line.count
        guard end - start <= limits.targetBytes else {
            throw HTTPWireError(
                .targetTooLong, .head, at: start + limits.targetBytes,
                "the target is longer than \(limits.targetBytes) bytes")
        }
    }

    static func response(_ line: Span<UInt8>) throws(HTTPWireError) -> StartLine {
        guard line.count >= 12, line[8] == Octet.space else {
            throw HTTPWireError(.invalidStatusLine, .head, at: 0, "that is no HTTP status line")
        }
        let version = try version(line.extracting(0..<8), at: 0, otherwise: .invalidStatusLine)
        var status = 0
        for index in 9..<12 {
            guard Octet.isDigit(line[index]) else {
                throw HTTPWireError(
                    .invalidStatusLine, .head, at: index, "the status code is not three digits")
            }
            status = status * 10 + Int(line[index] - 0x30)
        }
        guard status >= 100 else {
            throw HTTPWireError(.invalidStatusLine, .head, at: 9, "the status code is below 100")
        }
        guard line.count == 12 || line[12] == Octet.space else {
            throw HTTPWireError(
                .invalidStatusLine, .head, at: 12, "no space stands after the status code")
        }
        let reason = line.extracting(min(13, line.count)..<line.count)
        for index in reason.indices where !Octet.isFieldContent(reason[index]) {
            throw HTTPWireError(
                .invalidStatusLine, .head, at: 13 + index, "the reason holds a control byte")
        }
        return .response(status: status, reason: Octet.text(reason), version: version)
    }

    private static func version(
        _ span: Span<UInt8>, at offset: Int, otherwise code: ErrorCode
    ) throws(HTTPWireError) -> HTTPVersion {
        guard span.count == 8, Scan.equal(span.extracting(0..<5), "HTTP/"),
            Octet.isDigit(span[5]), span[6] == 0x2E, Octet.isDigit(span[7])
        else {
            throw HTTPWireError(
                code, .head, at: offset, "the version is not HTTP/ digit . digit")
        }
        guard span[5] == 0x31 else {
            throw HTTPWireError(
                .unsupportedVersion, .head, at: offset, "only HTTP/1.0 and HTTP/1.1 are spoken")
        }
        return span[7] == 0x30 ? .http10 : .http11
    }
}
