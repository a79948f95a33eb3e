internal import BridgeBytes
internal import BridgeJSON

/// The body, and how its located values become Swift's. Errors name the field's path.
struct ValueSource {
    let body: Bytes
    let strict: Bool
    let limits: EnvelopeLimits

    /// Half a character in a peer's text loses no message, except strictly.
    var loneSurrogates: LoneSurrogates { strict ? .refused : .replaced }

    /// A text. Absent and null mean the empty text, except strictly.
    func text(_ value: LocatedValue?, _ path: String) throws(EnvelopeError) -> String {
        guard let value = try present(value, path) else { return "" }
        guard case .string(let string) = value.token else {
            throw error(.typeMismatch, value, path, "no string")
        }
        guard string.range.count <= limits.maxFieldBytes else {
            throw error(.limitExceeded, value, path, "more than \(limits.maxFieldBytes) bytes")
        }
        do throws(JSONError) {
            return try JSONEscape.text(string, in: body.span)
        } catch {
            throw EnvelopeError(json: error)
        }
    }

    /// A text that says something.
    func requiredText(_ value: LocatedValue?, _ path: String) throws(EnvelopeError) -> String {
        let text = try text(value, path)
        guard !text.isEmpty else { throw error(.missingKey, value, path, "empty or absent") }
        return text
    }

    /// An object. Absent and null mean the empty one, except strictly.
    func object(_ value: LocatedValue?, _ path: String) throws(EnvelopeError) -> JSONObject {
        guard let value = try present(value, path) else { return [:] }
        guard value.token == .beginObject else {
            throw error(.typeMismatch, value, path, "no object")
        }
        var bounds = JSONLimits()
        bounds.maxDepth = limits.maxDepth
        do throws(JSONError) {
            let text = body.span.extracting(value.range)
            return try JSONParser.parse(text, limits: bounds, loneSurrogates: loneSurrogates)
                .objectValue ?? [:]
        } catch let problem {
            let place = problem.offset.map { " at byte \($0) of it" } ?? ""
            throw error(
                problem.code == .duplicateKey ? .duplicateKey : .invalidJSON, value, path,
                problem.words + place)
        }
    }

    /// A whole number that is not negative; nil for anything else, except strictly.
    func size(_ value: LocatedValue?, _ path: String) throws(EnvelopeError) -> Int? {
        guard let value = try present(value, path) else { return nil }
        guard case .number(let range) = value.token else {
            if strict { throw error(.typeMismatch, value, path, "no number") }
            return nil
        }
        let number = JSONNumber(checked: String(repairing: body[range]))
        if let count = strict ? Int(number.text) : number.int, count >= 0 { return count }
        if strict { throw error(.invalidValue, value, path, "no size in bytes") }
        return nil
    }

    /// The value, unless it is absent or null; strictly those are errors.
    func present(_ value: LocatedValue?, _ path: String) throws(EnvelopeError) -> LocatedValue? {
        guard let value else {
            if strict { throw error(.missingKey, nil, path, "absent") }
            return nil
        }
        guard value.token == .null else { return value }
        if strict { throw error(.typeMismatch, value, path, "null") }
        return nil
    }

    func error(
        _ code: ErrorCode, _ value: LocatedValue?, _ path: String, _ message: String
    ) -> EnvelopeError {
        EnvelopeError(
            code, stage: .envelope, offset: value?.range.lowerBound, field: path, message)
    }
}
