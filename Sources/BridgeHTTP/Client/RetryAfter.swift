internal import BridgeBytes
internal import BridgeSockets
package import HTTPWire

/// The Retry-After field (RFC 9110, section 10.2.3).
package enum RetryAfter {
    /// The longest wait that is read out of it: a day.
    package static let longest = Duration.seconds(86_400)

    /// The wait that an answer asks for; nil where it asks for none that can be read.
    ///
    /// A date is reckoned against the answer's own Date, since both come from the server's clock,
    /// which need not agree with ours.
    /// - Parameter now: Our time in seconds since 1970, for answers that have no Date.
    package static func duration(_ fields: FieldList, now: Int) -> Duration? {
        guard let text = fields["Retry-After"], !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            // A number too long to count is longer than any limit.
            return min(Int(text).map { .seconds($0) } ?? longest, longest)
        }
        guard let date = HTTPDate.parse(text, now: now) else { return nil }
        let sent = fields["Date"].flatMap { HTTPDate.parse($0, now: now) } ?? now
        let (seconds, overflow) = date.subtractingReportingOverflow(sent)
        return overflow ? longest : min(.seconds(max(0, seconds)), longest)
    }
}

extension HTTPResponse {
    /// How long the server asks to wait before the next attempt, at most a day; nil where it does
    /// not. A date counts from the answer's own Date.
    public var retryAfter: Duration? {
        RetryAfter.duration(fields, now: Int(WallClock.now.seconds))
    }
}
