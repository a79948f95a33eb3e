package import BridgeBytes
package import HTTPWire

/// What a presigned link says of its own end.
///
/// A store refuses an expired link like one that was never good (403). Whoever reads the link can
/// tell: the time of its signature and its life stand in the query.
package enum PresignedLink {
    /// When a link ends; nil for one that does not say so in the way of S3.
    package static func end(of url: HTTPURL) -> Timestamp? {
        guard let query = url.query else { return nil }
        var values: [Substring: Substring] = [:]
        for part in query.split(separator: "&") {
            guard let sign = part.firstIndex(of: "=") else { continue }
            let name = part[..<sign]
            guard values[name] == nil else { return nil }
            values[name] = part[part.index(after: sign)...]
        }
        guard values["X-Amz-Signature"] != nil,
            let stamp = values["X-Amz-Date"],
            let start = SignatureV4.time(ofStamp: String(stamp)),
            let life = values["X-Amz-Expires"].flatMap({ Int64($0) }), life > 0
        else { return nil }
        return start.advanced(by: .seconds(life))
    }

    /// Whether a refusal means that the link has ended, by the clock of the store.
    /// - Parameter now: Our time, for answers without a Date.
    package static func hasEnded(
        _ url: HTTPURL, status: Int, _ fields: FieldList, now: Timestamp
    ) -> Bool {
        guard status == 403 || status == 400, let end = end(of: url) else { return false }
        let theirs = fields["Date"].flatMap { HTTPDate.parse($0, now: Int(now.seconds)) }
        return (theirs.map { Int64($0) } ?? now.seconds) >= end.seconds
    }
}
