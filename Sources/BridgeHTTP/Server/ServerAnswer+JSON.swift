package import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

extension ServerAnswer {
    /// An answer that is a JSON document.
    static func json(
        _ status: Int, _ value: JSONValue, fields: FieldList = FieldList()
    ) -> ServerAnswer {
        var fields = fields
        fields.append("Content-Type", "application/json")
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Cache-Control", "no-store")
        return ServerAnswer(status, fields: fields, body: .bytes(value.encoded()))
    }

    /// A refusal with a sentence for people and a word for programs.
    package static func failure(
        _ status: Int, _ message: String, code: ErrorCode? = nil
    ) -> ServerAnswer {
        json(
            status,
            [
                "error": .string((code ?? ErrorCode(status: status)).rawValue),
                "message": .string(message),
            ])
    }

    static func failure(_ error: StoreError) -> ServerAnswer {
        switch error {
        case .missing: failure(404, "there is nothing here", code: .payloadNotFound)
        case .expired(let time):
            expired(Timestamp(milliseconds: time))
        case .exists: failure(412, "this identifier is taken", code: .uploadConflict)
        case .conditionFailed: failure(412, "a precondition does not hold")
        case .quota(let scope): failure(scope)
        case .busy:
            failure(503, "there are as many uploads as there may be at a time", retryAfter: 5)
        case .wrongDigest:
            failure(400, "the bytes are not those of the digest", code: .checksumMismatch)
        case .wrongToken: failure(403, "the upload token is not right", code: .permissionDenied)
        case .withdrawn: failure(409, "this upload was taken back", code: .uploadConflict)
        case .superseded:
            failure(409, "another request goes on with this upload", code: .uploadConflict)
        case .wrongOffset(let size): wrongOffset(size)
        case .full: failure(507, "the store is full", code: .storageFull)
        case .damaged: failure(500, "the stored file is damaged", code: .damaged)
        case .system(let error) where error.isShortage:
            failure(503, "the server has no descriptors left", retryAfter: 5)
        // The path in the error is nobody's business outside.
        case .system(let error): failure(500, "\(error.operation) failed", code: error.code)
        }
    }

    /// A refusal that says when the client may come again.
    static func failure(
        _ status: Int, _ message: String, code: ErrorCode? = nil, retryAfter seconds: Int
    ) -> ServerAnswer {
        var answer = failure(status, message, code: code)
        answer.fields.append("Retry-After", String(seconds))
        return answer
    }

    private static func wrongOffset(_ size: Int) -> ServerAnswer {
        var answer = failure(409, "the upload is \(size) bytes far", code: .uploadConflict)
        answer.fields.append("Upload-Offset", String(size))
        return answer
    }

    private static func failure(_ scope: QuotaScope) -> ServerAnswer {
        switch scope {
        case .folder: failure(507, "the store is full", code: .storageFull)
        case .path: failure(507, "what may be stored below this path is full", code: .storageFull)
        case .upload: failure(507, "this upload has all the files it may have", code: .storageFull)
        // Room comes back when what is stored expires or is deleted.
        case .address:
            failure(
                429, "what may be stored from your address is full", code: .limitExceeded,
                retryAfter: 60)
        }
    }

    private static func expired(_ time: Timestamp) -> ServerAnswer {
        var fields = FieldList()
        fields.append("Expires-At", time.description)
        return json(
            410,
            [
                "error": .string(ErrorCode.payloadExpired.rawValue),
                "message": .string("this file expired at \(time)"),
                "expiresAt": .string(time.description),
            ], fields: fields)
    }
}

extension ErrorCode {
    /// What a status says, where the server has no more exact word.
    fileprivate init(status: Int) {
        self =
            switch status {
            case 400, 414: .invalidArgument
            case 403: .permissionDenied
            case 404: .payloadNotFound
            case 408: .timeout
            case 412: .conditionFailed
            case 413: .tooLarge
            case 503: .unavailable
            default: .refused
            }
    }
}

extension SocketError {
    /// Whether the process or the system has no descriptors left.
    fileprivate var isShortage: Bool {
        errno == Errno.outOfDescriptors || errno == Errno.outOfSystemDescriptors
    }
}

extension JSONValue {
    static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}
