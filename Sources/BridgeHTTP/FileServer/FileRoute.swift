internal import BridgeBytes
internal import HTTPWire

/// What a request target names at a file server.
///
/// ```
/// native  PUT GET HEAD DELETE  /f/{id}/{name}      id: 32 hexadecimal digits
///         PATCH                /f/{id}/{name}      goes on with an upload
///         POST                 /f/{id}/{name}      announces one
///         GET HEAD DELETE      /f/{id}
///         POST                 /f/{name}, /f/, /f  the server chooses the id
/// Plik    POST                 /upload
///         POST                 /file/{uploadID}
///         GET HEAD DELETE      /file/{uploadID}/{fileID}/{name}
/// health  GET HEAD             /healthz, /readyz, /metrics
/// ```
enum FileRoute: Sendable, Hashable {
    /// `/f/{id}/{name}`.
    case object(id: String, name: String)
    /// `/f/{text}`: an id for those who read, a name for those who post.
    case native(String)
    case plikCreate
    case plikAdd(upload: String)
    case plikFile(upload: String, file: String)
    case health
    case readiness
    case metrics
    /// `*`, the server as a whole.
    case server
    case unknown

    /// - Throws: As `RequestTarget` does, for what is no plain path.
    init(_ target: String) throws(HTTPWireError) {
        let target = try RequestTarget(parsing: target)
        if target.path == "*" {
            self = .server
            return
        }
        self.init(try target.segments())
    }

    private init(_ segments: [String]) {
        switch (segments.first, segments.count) {
        case ("f", 1): self = .native("")
        case ("f", 2): self = .native(segments[1])
        case ("f", 3): self = .object(id: segments[1], name: segments[2])
        case ("upload", 1): self = .plikCreate
        case ("file", 2): self = .plikAdd(upload: segments[1])
        case ("file", 4): self = .plikFile(upload: segments[1], file: segments[2])
        case ("healthz", 1): self = .health
        case ("readyz", 1): self = .readiness
        case ("metrics", 1): self = .metrics
        default: self = .unknown
        }
    }

    /// The identifier of `/f/{id}` or `/f/{id}/{name}`, from a path without percent-encoding; nil
    /// for every other path.
    static func nativeNumber(_ path: Span<UInt8>) -> UInt128? {
        guard path.count >= 35, Scan.equal(path.extracting(0..<3), "/f/") else { return nil }
        var number: UInt128 = 0
        for index in 3..<35 {
            guard let digit = Hex.value(path[index]) else { return nil }
            number = number << 4 | UInt128(digit)
        }
        guard path.count > 35 else { return number }
        // Names of dots alone mean something else in a path, and are refused.
        guard path.count > 36, path[35] == 0x2F, path[36] != 0x2E,
            Scan.firstIndex(of: 0x2F, in: path, from: 36) == nil
        else { return nil }
        return number
    }

    /// The methods that can come to something, for the Allow field: what is no identifier names
    /// nothing that could be read or deleted.
    var allowed: [String] {
        if case .native(let text) = self, ObjectKey(native: text) == nil { return ["POST"] }
        return methods
    }

    /// The methods that the route knows.
    var methods: [String] {
        switch self {
        case .object: ["PUT", "PATCH", "POST", "GET", "HEAD", "DELETE"]
        case .native(""): ["POST"]
        case .native: ["POST", "GET", "HEAD", "DELETE"]
        case .plikCreate, .plikAdd: ["POST"]
        case .plikFile: ["GET", "HEAD", "DELETE"]
        case .health, .readiness, .metrics: ["GET", "HEAD"]
        case .server, .unknown: ["OPTIONS", "PUT", "PATCH", "POST", "GET", "HEAD", "DELETE"]
        }
    }
}
