internal import BridgeBytes

/// One field line: `name ":" OWS value OWS` (RFC 9112 section 5), for heads, trailers and the
/// parts of a multipart body.
enum FieldLine {
    /// Checks the line at `range` of `window` (without its CRLF) and adds it to `fields`.
    static func read(
        _ window: Span<UInt8>, _ range: Range<Int>, after isFirst: Bool,
        into fields: inout FieldList, stage: HTTPWireError.Stage
    ) throws(HTTPWireError) {
        let line = window.extracting(range)
        if let first = line.isEmpty ? nil : line[0], Octet.isBlank(first) {
            throw HTTPWireError(
                isFirst ? .invalidFieldName : .obsoleteFold, stage, at: range.lowerBound,
                "a field line begins with a blank")
        }
        guard let colon = Scan.firstIndex(of: 0x3A, in: line) else {
            throw HTTPWireError(
                .invalidFieldName, stage, at: range.lowerBound, "a field line holds no colon")
        }
        let name = line.extracting(0..<colon)
        guard Octet.isToken(name) else {
            throw HTTPWireError(
                .invalidFieldName, stage, at: range.lowerBound, "a field name is not a token")
        }
        let content = Octet.trimmed(colon + 1..<line.count, of: line)
        for index in content where !Octet.isFieldContent(line[index]) {
            throw HTTPWireError(
                .invalidFieldValue, stage, at: range.lowerBound + index,
                "the value of a field holds a control byte")
        }
        fields.append(checked: Octet.text(name), Octet.text(line.extracting(content)))
    }
}
