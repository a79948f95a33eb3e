internal import NATSWire

extension CommonOptions {
    /// The headers for WebSockets. No message repeats a value: it may be a secret.
    /// - Throws: Wrong usage for what is no header.
    static func headers(_ texts: [String]) throws(CommandFailure) -> Headers {
        var headers = Headers()
        for text in texts {
            guard let equals = text.firstIndex(of: "=") else {
                throw .usage("a --ws-header has no =", hint: "write --ws-header Name=value")
            }
            let name = String(text[..<equals])
            do throws(SubjectError) {
                headers.append(
                    try HeaderName(name),
                    try HeaderValue(String(text[text.index(after: equals)...])))
            } catch {
                throw .usage(
                    "--ws-header \(name) is no header", hint: "write --ws-header Name=value")
            }
        }
        return headers
    }
}
