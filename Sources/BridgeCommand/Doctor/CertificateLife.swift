package import BridgeBytes

/// When certificates end, read from their DER: a parser of as much of X.509 as that needs.
///
/// A certificate is a sequence whose first part has, behind an optional version in brackets, the
/// serial number, the algorithm, the issuer, and then the two times of its validity (RFC 5280,
/// section 4.1). Whatever is not so is no certificate; nothing is trusted by this.
package enum CertificateLife {
    private static let beginning = "-----BEGIN CERTIFICATE-----"
    private static let ending = "-----END CERTIFICATE-----"

    /// The first end of the certificates in a PEM text; nil when there is none, or one of them
    /// cannot be read.
    package static func earliestEnd(inPEM bytes: Bytes) -> Timestamp? {
        var ends: [Timestamp] = []
        var rest = String(repairing: bytes)[...]
        while let start = rest.firstPlace(of: beginning) {
            rest = rest[start.upperBound...]
            guard let stop = rest.firstPlace(of: ending) else { return nil }
            let text = rest[..<stop.lowerBound].filter { !$0.isWhitespace }
            guard let der = try? Base64.decode(Bytes(utf8: String(text)).span),
                let end = end(inDER: der)
            else { return nil }
            ends.append(end)
            rest = rest[stop.upperBound...]
        }
        return ends.min()
    }

    /// When the certificate ends; nil when it is none.
    package static func end(inDER der: Bytes) -> Timestamp? {
        guard let (_, certificate) = element(der, tag: 0x30),
            let (_, body) = element(certificate.content, tag: 0x30)
        else { return nil }
        var fields = body.content
        // Version, in brackets: may be missing.
        if !fields.isEmpty, fields[0] == 0xA0 {
            guard let (rest, _) = element(fields, tag: 0xA0) else { return nil }
            fields = rest
        }
        for tag: UInt8 in [0x02, 0x30, 0x30] {
            guard let (rest, _) = element(fields, tag: tag) else { return nil }
            fields = rest
        }
        guard let (_, validity) = element(fields, tag: 0x30) else { return nil }
        var times = validity.content
        guard !times.isEmpty, let (rest, _) = element(times, tag: times[0]) else { return nil }
        times = rest
        if let (_, time) = element(times, tag: 0x17) { return moment(time.content, yearDigits: 2) }
        if let (_, time) = element(times, tag: 0x18) { return moment(time.content, yearDigits: 4) }
        return nil
    }

    private struct Element {
        let content: Bytes
    }

    /// The first element of some bytes, when it has the tag, and what follows it.
    private static func element(_ bytes: Bytes, tag: UInt8) -> (rest: Bytes, Element)? {
        guard bytes.count >= 2, bytes[0] == tag else { return nil }
        var (length, start) = (Int(bytes[1]), 2)
        if length >= 0x80 {
            let count = length - 0x80
            // No certificate needs more than three bytes for a length.
            guard (1...3).contains(count), bytes.count >= 2 + count else { return nil }
            length = (0..<count).reduce(0) { $0 << 8 | Int(bytes[2 + $1]) }
            start = 2 + count
        }
        guard bytes.count - start >= length else { return nil }
        return (bytes[(start + length)...], Element(content: bytes[start..<start + length]))
    }

    /// `YYMMDDHHMMSSZ`, whose years are 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
    private static func moment(_ bytes: Bytes, yearDigits: Int) -> Timestamp? {
        let text = Array(String(repairing: bytes))
        guard text.count == yearDigits + 11, text.last == "Z",
            let year = Int(String(text[..<yearDigits]))
        else { return nil }
        let parts = stride(from: yearDigits, to: text.count - 1, by: 2).map {
            String(text[$0...$0 + 1])
        }
        let full = yearDigits == 4 ? year : year < 50 ? 2000 + year : 1900 + year
        return Timestamp(
            "\(full)-\(parts[0])-\(parts[1])T\(parts[2]):\(parts[3]):\(parts[4])Z")
    }
}
