internal import NATSWire

extension CommonOptions {
    /// The headers for WebSockets. No message repeats a value: it may be a secret.
    /// - Throws: Wrong usage for what is no header.
    static func headers(_ texts: [String]) throws(CommandFailure) -> Headers {
        var headers = Headers()
        for text in texts {
            let (name, value) = try HeaderArgument.parse(
                text, of: "--ws-header", isSecret: true)
            headers.append(name, value)
        }
        return headers
    }
}
