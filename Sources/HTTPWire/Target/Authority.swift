internal import BridgeBytes

/// `host [":" port]` of RFC 3986 section 3.2, for HTTP: a name, an IPv4 or a bracketed IPv6.
struct Authority: Sendable, Hashable {
    /// In lower case; an IPv6 address stands without its brackets.
    let host: String
    let isIPv6: Bool
    /// 1...65535, when one was written.
    let port: Int?

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        var end = bytes.count
        if bytes.first == 0x5B {
            guard let close = bytes.firstIndex(of: 0x5D), close > 2,
                bytes[1..<close].allSatisfy(Self.isIPv6Byte), bytes[1..<close].contains(0x3A)
            else { return nil }
            host = String(decoding: bytes[1..<close], as: UTF8.self).lowercased()
            isIPv6 = true
            end = close + 1
        } else {
            end = bytes.firstIndex(of: 0x3A) ?? bytes.count
            guard end > 0, end <= 255, bytes[..<end].allSatisfy(Self.isNameByte) else { return nil }
            host = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
            isIPv6 = false
        }
        guard end < bytes.count else {
            port = nil
            return
        }
        let digits = bytes[(end + 1)...]
        guard bytes[end] == 0x3A, digits.count <= 5, digits.allSatisfy(Octet.isDigit) else {
            return nil
        }
        if digits.isEmpty {
            port = nil
            return
        }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard value > 0, value <= 65_535 else { return nil }
        port = value
    }

    /// `host` as it stands in a URL.
    var bracketedHost: String { isIPv6 ? "[\(host)]" : host }

    private static func isNameByte(_ byte: UInt8) -> Bool { Octet.isUnreserved(byte) }

    private static func isIPv6Byte(_ byte: UInt8) -> Bool {
        Hex.value(byte) != nil || byte == 0x3A || byte == 0x2E
    }
}
