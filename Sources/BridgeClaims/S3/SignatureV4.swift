package import BridgeBytes
package import HTTPWire

/// Signs requests in the way of AWS, version 4, as S3 wants it.
///
/// ## Theory of operation
/// ```
/// request ──▶ canonical request: method, path, sorted query, fields, names, payload word
///         ──▶ text to sign: algorithm, time, scope, SHA-256 of the canonical request
/// secret  ──▶ key: HMAC over date, region, service and "aws4_request", one after the other
/// key + text ──▶ signature, in the field Authorization or at the end of the query
/// ```
/// S3 encodes a path once and does not normalise it, so what is signed is what is sent: whoever
/// makes the request takes path and query from here. The time comes from the caller.
package struct SignatureV4: Sendable {
    static let algorithm = "AWS4-HMAC-SHA256"
    /// The payload word of a body that the signature does not cover.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"
    /// The payload word of no body.
    package static let emptyPayload =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// What of a request is signed.
    package struct Request: Sendable {
        package var method: String
        /// The value of the Host field.
        package var host: String
        /// Percent-encoded once; begins with a slash.
        package var path: String
        /// Names and values, not encoded.
        package var query: [(name: String, value: String)]
        /// The fields to sign besides `host` and those that signing adds.
        package var fields: FieldList
        /// The digest of the body in hexadecimal digits, or `unsignedPayload`.
        package var payload: String

        package init(
            _ method: String, host: String, path: String,
            query: [(name: String, value: String)] = [], fields: FieldList = FieldList(),
            payload: String = SignatureV4.emptyPayload
        ) {
            self.method = method
            self.host = host
            self.path = path
            self.query = query
            self.fields = fields
            self.payload = payload
        }
    }

    let credentials: S3Credentials
    let region: String
    let service: String

    package init(_ credentials: S3Credentials, region: String, service: String = "s3") {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    // MARK: - Fields

    /// The fields that a request needs beside its own, Authorization included.
    package func fields(_ request: Request, at time: Timestamp) -> FieldList {
        var added = FieldList()
        let stamp = Self.stamp(time)
        added.append(checked: "X-Amz-Date", stamp)
        if service == "s3" { added.append(checked: "X-Amz-Content-SHA256", request.payload) }
        if let token = credentials.sessionToken {
            added.append(checked: "X-Amz-Security-Token", token)
        }
        var signed = request.fields
        for field in added { signed.append(checked: field.name, field.value) }
        let (text, names) = canonical(request, signed, Self.query(request.query))
        let signature = signature(of: text, stamp)
        added.append(
            checked: "Authorization",
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(stamp)), "
                + "SignedHeaders=\(names), Signature=\(signature)")
        return added
    }

    // MARK: - Links

    /// The query of a link that carries its own signature.
    /// - Parameter life: Seconds from `time` on.
    package func query(_ request: Request, at time: Timestamp, life: Int) -> String {
        let stamp = Self.stamp(time)
        var query = request.query
        query.append(("X-Amz-Algorithm", Self.algorithm))
        query.append(("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(stamp))"))
        query.append(("X-Amz-Date", stamp))
        query.append(("X-Amz-Expires", String(life)))
        query.append(("X-Amz-SignedHeaders", "host"))
        if let token = credentials.sessionToken {
            query.append(("X-Amz-Security-Token", token))
        }
        var request = request
        request.payload = Self.unsignedPayload
        let sorted = Self.query(query)
        let (text, _) = canonical(request, request.fields, sorted)
        return sorted + "&X-Amz-Signature=" + signature(of: text, stamp)
    }

    // MARK: - Parts

    /// A query as it is signed and sent: encoded, then sorted by the bytes of names and values.
    package static func query(_ query: [(name: String, value: String)]) -> String {
        let encoded = query.map {
            (
                name: PercentCoding.encode(segment: $0.name),
                value: PercentCoding.encode(segment: $0.value)
            )
        }
        let sorted = encoded.sorted { left, right in
            left.name == right.name ? left.value < right.value : left.name < right.name
        }
        return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    /// The canonical request, and the names of its fields.
    package func canonical(
        _ request: Request, _ fields: FieldList, _ query: String
    ) -> (text: String, names: String) {
        var values: [String: [String]] = ["host": [request.host]]
        for field in fields {
            values[field.name.lowercased(), default: []].append(Self.folded(field.value))
        }
        let names = values.keys.sorted()
        var text = "\(request.method)\n\(request.path)\n\(query)\n"
        for name in names {
            text += "\(name):\((values[name] ?? []).joined(separator: ","))\n"
        }
        let joined = names.joined(separator: ";")
        return (text + "\n\(joined)\n\(request.payload)", joined)
    }

    /// Without blanks at its ends, and with one in place of several.
    private static func folded(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    private func scope(_ stamp: String) -> String {
        "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
    }

    private func signature(of canonical: String, _ stamp: String) -> String {
        var digest = SHA256()
        let bytes = Array(canonical.utf8)
        digest.update(bytes.span)
        let sum = digest.finalize()
        let hash = Hex.string(sum.span)
        let text = "\(Self.algorithm)\n\(stamp)\n\(scope(stamp))\n\(hash)"
        let code = Self.code(text, signingKey(day: String(stamp.prefix(8))))
        return Hex.string(code.span)
    }

    /// The key of a day, a region and a service.
    package func signingKey(day: String) -> [UInt8] {
        let start = credentials.withSecret { secret in
            var key = Array("AWS4".utf8)
            for index in 0..<secret.count { key.append(secret[index]) }
            return Self.code(day, key)
        }
        return Self.code("aws4_request", Self.code(service, Self.code(region, start)))
    }

    private static func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
        let bytes = Array(text.utf8)
        return HMACSHA256.code(of: bytes.span, key: key.span)
    }

    /// `YYYYMMDDTHHMMSSZ`.
    package static func stamp(_ time: Timestamp) -> String {
        let digits = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        return "\(digits)Z"
    }

    /// The moment of a stamp; nil for what is none.
    static func time(ofStamp text: String) -> Timestamp? {
        let bytes = Array(text)
        guard bytes.count == 16, bytes[8] == "T", bytes[15] == "Z" else { return nil }
        func part(_ range: Range<Int>) -> String { String(bytes[range]) }
        let date = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
        return Timestamp("\(date)T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }
}
