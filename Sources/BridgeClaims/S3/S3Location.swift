internal import BridgeBytes
public import BridgeHTTP
public import HTTPWire

/// Where payloads lie in an S3 store: a bucket, and perhaps what their keys begin with.
///
/// Written `s3://bucket/prefix?region=…&endpoint=…&style=path`. What is not said comes from the
/// environment and the files of the tools of AWS, and else is that of AWS itself.
public struct S3Location: Sendable, Hashable, CustomStringConvertible {
    /// How a bucket is named in a request.
    public enum Style: String, Sendable, Hashable, CaseIterable {
        /// `endpoint/bucket/key`, which every store but AWS has.
        case path
        /// `bucket.endpoint/key`.
        case virtual
    }

    /// The bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens.
    public let bucket: String
    /// What keys begin with, without slashes at its ends; empty for nothing.
    public let prefix: String
    /// The region; nil: as the environment says, or else `us-east-1`.
    public let region: String?
    /// The store's own address; nil: as the environment says, or else AWS.
    public let endpoint: HTTPURL?
    /// How the bucket is named; nil: `virtual` for AWS, `path` for all others.
    public let style: Style?

    /// Reads a location.
    /// - Throws: `HTTPError` with `invalidURL`; its sentence holds no value of the URL.
    public init(_ text: String) throws(HTTPError) {
        guard text.hasPrefix("s3://") else {
            throw Self.failure(text, "it does not begin with s3://")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#") else {
            throw Self.failure(text, "it holds a byte that must be encoded, or a fragment")
        }
        let rest = text.dropFirst(5)
        let mark = rest.firstIndex(of: "?") ?? rest.endIndex
        let slash = rest[..<mark].firstIndex(of: "/") ?? mark
        let bucket = String(rest[..<slash])
        guard !bucket.contains("@") else {
            throw Self.failure(
                text,
                "keys do not stand in a URL: AWS_ACCESS_KEY_ID and"
                    + " AWS_SECRET_ACCESS_KEY hold them, or a profile")
        }
        guard Self.isBucket(bucket) else { throw Self.failure(text, "it names no bucket") }
        self.bucket = bucket
        prefix = try Self.prefix(rest[slash..<mark], text)
        let settings = try StoreParameters(
            rest[mark...].dropFirst(), known: ["region", "endpoint", "style"], of: text)
        region = settings["region"]
        if let region, !Self.isRegion(region) {
            throw Self.failure(text, "its region is not the name of one")
        }
        endpoint = try settings["endpoint"].map { value throws(HTTPError) in
            try Self.endpoint(value, of: text)
        }
        style = try settings["style"].map { value throws(HTTPError) in
            guard let style = Style(rawValue: value) else {
                throw Self.failure(text, "its style is neither path nor virtual")
            }
            return style
        }
    }

    /// The URL without its parameters.
    public var description: String {
        prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)"
    }

    static func failure(_ text: String, _ message: String) -> HTTPError {
        HTTPError(
            .badURL, .prepare, url: Redaction.url(text), "this is no location of S3: \(message)")
    }

    private static func isBucket(_ name: String) -> Bool {
        func isEdge(_ byte: UInt8?) -> Bool {
            byte.map { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) } ?? false
        }
        return (3...63).contains(name.utf8.count) && isEdge(name.utf8.first)
            && isEdge(name.utf8.last) && !name.holds("..")
            && name.utf8.allSatisfy { isEdge($0) || $0 == 0x2D || $0 == 0x2E }
    }

    static func isRegion(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                $0 == 0x2D || $0 == 0x5F || Hex.value($0) != nil
                    || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            }
    }

    private static func prefix(
        _ path: Substring, _ text: String
    ) throws(HTTPError) -> String {
        var parts: [String] = []
        for part in path.split(separator: "/") {
            guard let bytes = try? PercentCoding.decode(part),
                let name = String(validating: bytes, as: UTF8.self), name != ".", name != "..",
                bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C })
            else { throw failure(text, "its prefix is no path of plain names") }
            parts.append(name)
        }
        let prefix = parts.joined(separator: "/")
        // Behind it come an identifier and a name, and a key has at most 1,024 bytes.
        guard prefix.utf8.count <= 512 else { throw failure(text, "its prefix is too long") }
        return prefix
    }

    /// The address of a store: an origin and nothing behind it.
    static func endpoint(_ value: String, of text: String) throws(HTTPError) -> HTTPURL {
        guard let url = try? HTTPURL(value), !url.hasUserInfo, url.query == nil, url.path == "/",
            !value.contains("#")
        else { throw failure(text, "its endpoint is not http(s)://host or http(s)://host:port") }
        return url
    }
}

/// The parameters of a store's URL. One that is not known, or stands twice, is refused: whoever
/// wrote it meant it to have an effect.
struct StoreParameters: Sendable {
    private var values: [String: String] = [:]

    init(_ query: Substring, known: Set<String>, of text: String) throws(HTTPError) {
        func failure(_ message: String) -> HTTPError {
            HTTPError(.badURL, .prepare, url: Redaction.url(text), message)
        }
        for part in query.split(separator: "&", omittingEmptySubsequences: false)
        where !query.isEmpty {
            let sign = part.firstIndex(of: "=") ?? part.endIndex
            let name = String(part[..<sign])
            guard known.contains(name) else {
                let names = known.sorted().joined(separator: ", ")
                throw failure("the store's URL has a parameter that is not one of: \(names)")
            }
            guard sign < part.endIndex,
                let bytes = try? PercentCoding.decode(part[part.index(after: sign)...]),
                let value = String(validating: bytes, as: UTF8.self), !value.isEmpty
            else { throw failure("the parameter \(name) of the store's URL has no value") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw failure("the parameter \(name) stands twice in the store's URL")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }
}

/// A location with all that was left open filled in.
struct S3Place: Sendable {
    let location: S3Location
    let region: String
    /// Where requests go.
    let base: HTTPURL
    /// What links begin with.
    let publicBase: HTTPURL
    let style: S3Location.Style

    init(
        _ location: S3Location, publicURL: HTTPURL?, settings: AWSSettings
    ) throws(HTTPError) {
        self.location = location
        let text = location.description
        func failure(_ failure: CredentialFailure) -> HTTPError {
            HTTPError(.badOptions, .prepare, url: text, failure.message)
        }
        do throws(CredentialFailure) {
            var named = location.region
            if named == nil { named = try settings.region() }
            region = named ?? "us-east-1"
        } catch { throw failure(error) }
        guard S3Location.isRegion(region) else {
            throw S3Location.failure(text, "the environment's region is not the name of one")
        }
        var endpoint = location.endpoint
        if endpoint == nil {
            let named: String?
            do throws(CredentialFailure) { named = try settings.endpoint() } catch {
                throw failure(error)
            }
            endpoint = try named.map { value throws(HTTPError) in
                try S3Location.endpoint(value, of: text)
            }
        }
        let isAWS = endpoint == nil
        // A certificate for `*.endpoint` does not hold for names with further dots.
        let own: S3Location.Style =
            isAWS && !location.bucket.contains(".") ? .virtual : .path
        style = location.style ?? own
        let root: HTTPURL
        if let endpoint {
            root = endpoint
        } else {
            root = try StoreURL.parse("https://s3.\(region).amazonaws.com")
        }
        base = try Self.base(root, location.bucket, style)
        guard let publicURL else {
            publicBase = base
            return
        }
        let publicRoot = try S3Location.endpoint(publicURL.text, of: text)
        publicBase = try Self.base(publicRoot, location.bucket, style)
    }

    private static func base(
        _ root: HTTPURL, _ bucket: String, _ style: S3Location.Style
    ) throws(HTTPError) -> HTTPURL {
        let scheme = root.scheme.rawValue
        return switch style {
        case .path: try StoreURL.parse("\(scheme)://\(root.hostField)/\(bucket)/")
        case .virtual: try StoreURL.parse("\(scheme)://\(bucket).\(root.hostField)/")
        }
    }

    /// The path of a key below a base, percent-encoded once.
    static func path(_ key: String, below base: HTTPURL) -> String {
        let coded = key.split(separator: "/", omittingEmptySubsequences: false)
            .map { PercentCoding.encode(segment: String($0)) }
        return base.path + coded.joined(separator: "/")
    }

    /// The key for a payload.
    func key(id: String, name: String) -> String {
        let start = location.prefix.isEmpty ? "" : location.prefix + "/"
        return "\(start)\(id)/\(StoredName.plain(name))"
    }

    /// The key that a link of this store leads to; nil for a link elsewhere.
    func key(of link: HTTPURL) -> String? {
        for base in [publicBase, base]
        where link.origin == base.origin && link.path.hasPrefix(base.path) {
            let parts = link.path.dropFirst(base.path.count)
                .split(separator: "/", omittingEmptySubsequences: false)
                .map { part in
                    (try? PercentCoding.decode(part))
                        .flatMap { String(validating: $0, as: UTF8.self) }
                }
            let names = parts.compactMap { $0 }
            let key = names.joined(separator: "/")
            guard names.count == parts.count, !key.isEmpty,
                location.prefix.isEmpty || key.hasPrefix(location.prefix + "/")
            else { continue }
            return key
        }
        return nil
    }
}
