internal import BridgeBytes
internal import HTTPWire

/// What every server of files says of an upload by its head.
extension FileServerOptions {
    /// What of a request's fields makes any upload impossible.
    func refusal(of request: ServerRequest) -> ServerAnswer? {
        let fields = request.head.fields
        if fields.contains("Content-Range") {
            return .failure(400, "a part of a file cannot be stored")
        }
        let codings = fields.listElements("Content-Encoding")
        guard codings.allSatisfy({ $0.lowercased() == "identity" }) else {
            return .failure(415, "content codings are not undone here")
        }
        if let length = request.contentLength, length > maximumFileSize {
            return .failure(413, "a file may have \(maximumFileSize) bytes")
        }
        return nil
    }

    /// The life of an upload in milliseconds, from the text of a field in seconds; nil for what is
    /// no such text.
    func life(_ text: String?) -> Int64? {
        guard let text else { return timeToLive.milliseconds }
        guard !text.isEmpty, text.utf8.allSatisfy(Octet.isDigit) else { return nil }
        let longest = maximumTimeToLive.milliseconds
        // A number too long to count is longer than any limit.
        guard let seconds = Int64(text) else { return longest }
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return seconds == 0 ? nil : overflow ? longest : min(milliseconds, longest)
    }

    /// Milliseconds; a wish for ever, as -1 is, gets the longest life there is.
    func life(of wish: PlikRequest) -> Int64 {
        let longest = maximumTimeToLive.milliseconds
        guard let seconds = wish.timeToLive else { return timeToLive.milliseconds }
        let (life, overflow) = Int64(seconds).multipliedReportingOverflow(by: 1000)
        return overflow || life < 0 ? longest : min(longest, life)
    }
}
