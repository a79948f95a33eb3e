/// The Content-Disposition field: written for downloads (RFC 6266, RFC 8187), read from the
/// parts of a form (RFC 7578).
package struct ContentDisposition: Sendable, Hashable {
    /// `attachment`, `form-data` …, in lower case.
    package let type: String
    /// The parameters by their names in lower case.
    package let parameters: [String: String]

    /// `attachment` with a file name: an ASCII form for everybody, and the exact name in
    /// `filename*` when it is not plain ASCII.
    ///
    /// Whatever the name holds, the value holds no control bytes, quotes or backslashes of it.
    package static func attachment(fileName: String) -> String {
        var plain = ""
        for scalar in fileName.unicodeScalars {
            let isPlain = scalar.value >= 0x20 && scalar.value < 0x7F
            let isSafe = isPlain && !"\"\\/%".unicodeScalars.contains(scalar)
            plain.unicodeScalars.append(isSafe ? scalar : "_")
        }
        var value = "attachment; filename=\"\(plain)\""
        if plain != fileName {
            value += "; filename*=UTF-8''\(PercentCoding.encode(segment: fileName))"
        }
        return value
    }

    /// Reads a value; nil when it does not follow the grammar.
    package init?(_ value: String) {
        guard let parsed = ParameterizedValue(value), !parsed.head.utf8.contains(0x2F) else {
            return nil
        }
        type = parsed.head
        parameters = parsed.parameters
    }

    /// The file name: `filename*` where it is well formed, `filename` otherwise.
    package var fileName: String? {
        if let extended = parameters["filename*"] {
            let parts = extended.split(
                separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
            if parts.count == 3, Octet.equalIgnoringCase(String(parts[0]), "utf-8"),
                let bytes = try? PercentCoding.decode(parts[2]),
                let name = String(validating: bytes, as: UTF8.self)
            {
                return name
            }
        }
        return parameters["filename"]
    }
}
