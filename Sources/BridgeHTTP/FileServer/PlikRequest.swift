internal import BridgeBytes
internal import BridgeJSON

/// What the body of `POST /upload` asks for; names of members compare without case.
struct PlikRequest: Sendable, Hashable {
    /// Seconds; nil for the server's default, negative for as long as can be.
    var timeToLive: Int?
    var isOneShot = false

    enum Refusal: Error, Hashable {
        case malformed
        /// The member that asks for what this server does not do.
        case unsupported(String)
    }

    /// An empty body asks for the defaults.
    init(_ body: Bytes) throws(Refusal) {
        guard !body.isEmpty else { return }
        guard let value = try? JSONValue(parsing: body), let object = value.objectValue else {
            throw .malformed
        }
        for (name, value) in object where !value.isNull {
            try read(name, value)
        }
    }

    private mutating func read(_ name: String, _ value: JSONValue) throws(Refusal) {
        switch name.lowercased() {
        case "ttl":
            guard let seconds = value.intValue else { throw .malformed }
            timeToLive = seconds == 0 ? nil : seconds
        case "oneshot":
            guard let flag = value.boolValue else { throw .malformed }
            isOneShot = flag
        case "stream": if value.boolValue != false { throw .unsupported(name) }
        case "login", "password":
            // Ignoring a password would publish what was meant to be protected.
            if value.stringValue != "" { throw .unsupported(name) }
        default: break
        }
    }
}
