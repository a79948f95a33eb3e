/// `head *( ";" name "=" value )`, the grammar that Content-Disposition and Content-Type share
/// (RFC 9110 section 5.6.6); the head is a token, or two with a slash between them.
struct ParameterizedValue: Sendable, Hashable {
    /// In lower case.
    let head: String
    /// Parameters with their names in lower case; the first of equal names counts.
    let parameters: [String: String]

    /// Nil for a value that does not follow the grammar.
    init?(_ value: String) {
        let parts = Self.split(Array(value.utf8))
        let tokens = parts[0].split(separator: 0x2F, omittingEmptySubsequences: false)
        guard tokens.count <= 2, tokens.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Octet.isToken) })
        else { return nil }
        head = String(decoding: parts[0], as: UTF8.self).lowercased()
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() where !part.isEmpty {
            guard let sign = part.firstIndex(of: 0x3D) else { return nil }
            let name = Self.trimmed(part[..<sign])
            guard !name.isEmpty, name.allSatisfy(Octet.isToken),
                let text = Self.unquoted(Self.trimmed(part[(sign + 1)...]))
            else { return nil }
            let key = String(decoding: name, as: UTF8.self).lowercased()
            if parameters[key] == nil { parameters[key] = text }
        }
        self.parameters = parameters
    }

    /// Splits at semicolons outside quotes, and trims.
    private static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        var quoted = false
        var escaped = false
        for (index, byte) in bytes.enumerated() {
            if escaped {
                escaped = false
            } else if quoted, byte == 0x5C {
                escaped = true
            } else if byte == 0x22 {
                quoted.toggle()
            } else if byte == 0x3B, !quoted {
                parts.append(trimmed(bytes[start..<index]))
                start = index + 1
            }
        }
        parts.append(trimmed(bytes[start...]))
        return parts
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let front = bytes.drop(while: Octet.isBlank)
        guard let last = front.lastIndex(where: { !Octet.isBlank($0) }) else { return [] }
        return front[...last]
    }

    private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.first == 0x22 else {
            return String(validating: bytes, as: UTF8.self)
        }
        guard bytes.count >= 2, bytes.last == 0x22 else { return nil }
        var text: [UInt8] = []
        var escaped = false
        for byte in bytes.dropFirst().dropLast() {
            // Browsers and curl escape only quotes and backslashes; others send them bare.
            if byte == 0x5C, !escaped {
                escaped = true
                continue
            }
            if escaped, byte != 0x22, byte != 0x5C { text.append(0x5C) }
            escaped = false
            text.append(byte)
        }
        return String(validating: text, as: UTF8.self)
    }
}
