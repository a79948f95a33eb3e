internal import BridgeBytes
internal import BridgeJSON

/// Reads the answers of the JetStream API (ADR-7): a JSON object, with `error` when it failed.
enum APIAnswer {
    static func parse(
        _ payload: Bytes, operation: String, stream: String
    ) throws(JetStreamError) -> JSONFields {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: payload)
        } catch {
            throw JetStreamError(
                .unexpectedAnswer, operation: operation, stream: stream, detail: "not JSON")
        }
        let fields = try JSONFields(json, operation: operation)
        guard let error = try fields.fields("error") else { return fields }
        throw JetStreamError(
            try JetStreamAPIError(error), operation: operation, stream: stream)
    }
}

extension JetStreamAPIError {
    init(_ fields: JSONFields) throws(JetStreamError) {
        self.init(
            code: try fields.number("code") ?? 0, errorCode: try fields.number("err_code") ?? 0,
            text: try fields.text("description") ?? "")
    }
}
