public import BridgeBytes
public import NATSCore
internal import NATSWire

/// Why a service did not do what it was asked for.
///
/// A handler throws it, and the one who asked gets it: number and text travel as headers
/// (`Nats-Service-Error`), so both must hold no secrets, and the payload as the body.
public struct ServiceError: CodedError, Hashable {
    /// `serviceError`, or that of the client when no service said anything.
    public let code: ErrorCode
    /// A number in the manner of HTTP, such as 400 or 404; nil when there is none, or it cannot be
    /// read.
    public let number: Int?
    /// What the service says; a peer's words.
    public let text: String
    /// What came with it; empty for most.
    public let payload: Bytes
    /// Where it was asked; empty in a handler.
    public let subject: String
    /// What the client met, if that is the reason.
    public let clientError: NATSError?

    /// An error to be thrown by a handler.
    public init(_ number: Int, _ text: String, payload: some BytesConvertible = Bytes()) {
        code = .serviceError
        self.number = number
        self.text = text
        self.payload = payload.bytes
        subject = ""
        clientError = nil
    }

    init(_ error: NATSError, subject: Subject) {
        code = error.code
        number = nil
        text = error.detail
        payload = Bytes()
        self.subject = subject.text
        clientError = error
    }

    /// The error that an answer is, whatever its body; nil when it is none.
    init?(answer: NATSMessage, subject: Subject) {
        guard answer.hasHeaders, let headers = try? answer.headers else { return nil }
        let (text, number) = (headers[.serviceError], headers[.serviceErrorCode])
        guard text != nil || number != nil else { return nil }
        code = .serviceError
        self.number = number.flatMap { Int($0) }
        self.text = text ?? ""
        payload = answer.payload
        self.subject = subject.text
        clientError = nil
    }

    /// The headers of the answer that tells it. What cannot stand in a header is left out.
    var headers: Headers {
        let spoken = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }
        var words = String.UnicodeScalarView()
        words.append(contentsOf: spoken)
        var headers = Headers()
        if let value = try? HeaderValue(String(words)) { headers.append(.serviceError, value) }
        headers.append(.serviceErrorCode, HeaderValue(number ?? Self.unknown))
        return headers
    }

    /// The number of an error that its handler did not name.
    static let unknown = 500

    /// How the last error of an endpoint is told.
    var summary: String { "\(number ?? Self.unknown):\(text)" }

    /// The step that failed: `request`.
    public var stageName: String { clientError?.stageName ?? "request" }
    /// The subject that was asked.
    public var place: String { subject }
    /// The service's words, quoted, with its number.
    public var detail: String {
        guard clientError == nil else { return text }
        let number = number.map { " (\($0))" } ?? ""
        return "the service answers with an error\(number): \(LogEvent.quoted(text))"
    }
    /// What the client met.
    public var underlying: (any CodedError)? { clientError }

    public static func == (left: ServiceError, right: ServiceError) -> Bool {
        left.code == right.code && left.number == right.number && left.text == right.text
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(number)
        hasher.combine(text)
    }
}

extension HeaderName {
    static let serviceError: HeaderName = "Nats-Service-Error"
    static let serviceErrorCode: HeaderName = "Nats-Service-Error-Code"
}

extension ErrorCode {
    /// A NATS service answered a request with an error (`Nats-Service-Error`).
    public static let serviceError = ErrorCode(rawValue: "service_error")
}
