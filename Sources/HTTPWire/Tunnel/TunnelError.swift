public import BridgeBytes

/// Why a proxy made no way to a host (RFC 9110, section 9.3.6).
public struct TunnelError: CodedError, Hashable {
    /// What went wrong.
    public let code: ErrorCode
    /// The status that the proxy answered; nil when it was no answer of HTTP's, or none at all.
    public let status: Int?
    /// A sentence for people.
    public let detail: String

    init(_ code: ErrorCode, status: Int? = nil, _ detail: String) {
        self.code = code
        self.status = status
        self.detail = detail
    }

    /// The proxy's refusal.
    init(_ answer: ResponseHead) {
        let known = ReasonPhrase.of(answer.status)
        let words = known == "Status" ? "" : " \(known)"
        let code: ErrorCode =
            switch answer.status {
            case 401, 403, 407: .authorizationFailed
            case 408, 429, 500...: .unavailable
            default: .refused
            }
        self.init(code, status: answer.status, "the proxy answers \(answer.status)\(words)")
    }

    /// The step that failed.
    public var stageName: String { "proxy" }
    /// Always empty: the host stands in the URL.
    public var place: String { "" }
}
