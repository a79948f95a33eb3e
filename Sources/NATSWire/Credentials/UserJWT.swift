internal import BridgeBytes
internal import BridgeJSON

/// A user's token as servers with operators issue it: three parts with dots between them.
///
/// Only the server can say whether it is good. What is read of its claims are hints: they spare an
/// attempt that must fail, and tell the reason better than the server does.
package struct UserJWT: Sendable, Hashable {
    /// Longest token in bytes; with CONNECT around it, it must fit a server's control line, which
    /// nobody makes longer than this.
    package static let maxCount = 64 << 10

    /// As it is sent.
    package let text: String
    /// `sub`: whose it is.
    package let subject: NKey
    /// `exp`: when its time is over, in seconds since 1970; nil: never.
    package let expiry: Int?
    /// `nats.bearer_token`: whether no signature is asked for beside it.
    package let isBearer: Bool

    /// Reads a token; white space around it does not count.
    /// - Throws: `WireError` in the stage `credentials`, which does not repeat the text.
    package init(parsing text: Span<UInt8>) throws(WireError) {
        let token = text.trimmed
        guard token.count <= Self.maxCount else {
            throw NKey.malformed("a JWT of more than \(Self.maxCount) bytes")
        }
        var dots: [Int] = []
        for index in 0..<token.count where token[index] == UInt8(ascii: ".") { dots.append(index) }
        guard dots.count == 2 else { throw NKey.malformed("a JWT has three parts") }
        guard Base64.decodeFromURL(token.extracting(0..<dots[0])) != nil,
            let claims = Base64.decodeFromURL(token.extracting(dots[0] + 1..<dots[1])),
            Base64.decodeFromURL(token.extracting(dots[1] + 1..<token.count)) != nil,
            let fields = (try? JSONValue(parsing: claims))?.objectValue
        else {
            throw NKey.malformed("a JWT whose parts cannot be read")
        }
        guard let subject = fields["sub"]?.stringValue else {
            throw NKey.malformed("a JWT without a subject")
        }
        self.subject = try NKey(parsing: subject)
        guard self.subject.role == .user else {
            throw NKey.malformed("a JWT of no user, but of the role \(self.subject.role)")
        }
        if let kind = fields["nats"]?["type"]?.stringValue, kind != "user" {
            throw NKey.malformed("a JWT of no user")
        }
        // Zero is how the issuer's library says never.
        expiry = fields["exp"]?.intValue.flatMap { $0 > 0 ? $0 : nil }
        isBearer = fields["nats"]?["bearer_token"]?.boolValue ?? false
        self.text = String(repairing: Bytes(copying: token))
    }

    package init(parsing text: String) throws(WireError) {
        try self.init(parsing: Array(text.utf8).span)
    }

    /// How far the clocks of server and client may be apart.
    package static let clockTolerance = 30

    /// Whether its time is over beyond doubt.
    /// - Parameter now: Seconds since 1970.
    package func hasExpired(at now: Int64) -> Bool {
        guard let expiry else { return false }
        return Int64(expiry) < now - Int64(Self.clockTolerance)
    }
}

extension UserJWT: CustomStringConvertible, CustomReflectable {
    /// Whose it is; the token itself can be a password.
    package var description: String { "a JWT of \(subject)" }
    package var customMirror: Mirror { Mirror(self, children: ["token": description]) }
}

extension Span<UInt8> {
    /// Without the white space of ASCII at both ends.
    var trimmed: Span<UInt8> {
        @_lifetime(copy self) get {
            var start = 0
            var end = count
            while start < end, Self.isBlank(self[start]) { start += 1 }
            while end > start, Self.isBlank(self[end - 1]) { end -= 1 }
            return extracting(start..<end)
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
