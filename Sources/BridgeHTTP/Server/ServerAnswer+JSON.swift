internal import BridgeBytes
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
        _ status: Int, _ message: String, code: String? = nil
    ) -> ServerAnswer {
        json(
            status,
            ["error": .string(code ?? "http.status_\(status)"), "message": .string(message)])
    }

    static func failure(_ error: StoreError) -> ServerAnswer {
        switch error {
        case .missing: failure(404, "there is nothing here", code: "store.missing")
        case .expired(let time):
            expired(Timestamp(milliseconds: time))
        case .exists: failure(412, "this identifier is taken", code: "store.exists")
        case .wrongToken: failure(403, "the upload token is not right", code: "store.wrong_token")
        case .full: failure(507, "the store is full", code: "store.full")
        case .damaged: failure(500, "the stored file is damaged", code: "store.damaged")
        // The path in the error is nobody's business outside.
        case .system(let error): failure(500, "\(error.operation) failed", code: "store.system")
        }
    }

    private static func expired(_ time: Timestamp) -> ServerAnswer {
        var fields = FieldList()
        fields.append("Expires-At", time.description)
        return json(
            410,
            [
                "error": "store.expired", "message": .string("this file expired at \(time)"),
                "expiresAt": .string(time.description),
            ], fields: fields)
    }
}

extension JSONValue {
    static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}
