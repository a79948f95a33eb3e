internal import BridgeBytes
internal import BridgeJSON

/// Where a value stands in the body: between the quotes of a string, from the opening to the
/// closing bracket of an array or object.
struct LocatedValue {
    let token: JSONToken
    let range: Range<Int>
}

/// The fields of one payload.
struct LocatedPayload {
    var values: [PayloadField: LocatedValue] = [:]
    /// The fields as they came.
    var order: [PayloadField] = []
    /// Position of the payload's first byte.
    var start = 0
}

/// The fields of an envelope.
struct LocatedEnvelope {
    var values: [EnvelopeField: LocatedValue] = [:]
    /// The fields as they came.
    var order: [EnvelopeField] = []
    var payloads: [LocatedPayload] = []
    /// What the first design would have at the top level.
    var single = LocatedPayload()
}

/// Walks over the tokens of a body and notes where the known fields are; see `EnvelopeReader`.
struct EnvelopeLocator {
    private let body: Bytes
    private let strict: Bool
    private let limits: EnvelopeLimits
    private var tokenizer: JSONTokenizer

    init(_ body: Bytes, strict: Bool, limits: EnvelopeLimits) {
        self.body = body
        self.strict = strict
        self.limits = limits
        var bounds = JSONLimits()
        bounds.maxDepth = limits.maxDepth
        bounds.maxBytes = limits.maxBytes
        tokenizer = JSONTokenizer(limits: bounds, loneSurrogates: strict ? .refused : .replaced)
    }

    mutating func locate() throws(EnvelopeError) -> LocatedEnvelope {
        guard try next() == .beginObject else {
            throw EnvelopeError(
                .notAnEnvelope, stage: .envelope, offset: 0, "the body is no JSON object")
        }
        var envelope = LocatedEnvelope()
        while case .key(let name) = try next() {
            try member(name, of: &envelope)
        }
        _ = try next()
        return envelope
    }

    private mutating func member(
        _ name: JSONString, of envelope: inout LocatedEnvelope
    ) throws(EnvelopeError) {
        let key = try text(of: name)
        let field = strict ? EnvelopeField(rawValue: key) : EnvelopeField.lenient(key)
        guard let field else {
            if strict { throw unknown(key, at: name, path: key) }
            let value = try value()
            if let field = PayloadField.inFirstDesign(key) {
                envelope.single.order.append(field)
                envelope.single.values[field] = value
            }
            return
        }
        guard envelope.values[field] == nil else { throw duplicate(at: name, path: key) }
        envelope.order.append(field)
        let token = try next()
        if field == .payloads, token == .beginArray {
            let start = tokenizer.position - 1
            envelope.payloads = try payloads()
            envelope.values[field] = LocatedValue(
                token: token, range: start..<tokenizer.position)
        } else {
            envelope.values[field] = try value(after: token)
        }
    }

    private mutating func payloads() throws(EnvelopeError) -> [LocatedPayload] {
        var payloads: [LocatedPayload] = []
        while true {
            let token = try next()
            if token == .endArray { return payloads }
            let path = "payloads[\(payloads.count)]"
            guard payloads.count < limits.maxPayloads else {
                throw EnvelopeError(
                    .limitExceeded, stage: .envelope, offset: tokenizer.position, field: path,
                    "more than \(limits.maxPayloads) payloads")
            }
            guard token == .beginObject else {
                throw EnvelopeError(
                    .typeMismatch, stage: .envelope, offset: tokenizer.position, field: path,
                    "a payload that is no JSON object")
            }
            payloads.append(try payload(path))
        }
    }

    private mutating func payload(_ path: String) throws(EnvelopeError) -> LocatedPayload {
        var payload = LocatedPayload()
        payload.start = tokenizer.position - 1
        while case .key(let name) = try next() {
            let key = try text(of: name)
            let field = strict ? PayloadField(rawValue: key) : PayloadField.lenient(key)
            let value = try value()
            guard let field else {
                if strict { throw unknown(key, at: name, path: "\(path).\(key)") }
                continue
            }
            guard payload.values[field] == nil else {
                throw duplicate(at: name, path: "\(path).\(key)")
            }
            payload.order.append(field)
            payload.values[field] = value
        }
        return payload
    }

    private mutating func value() throws(EnvelopeError) -> LocatedValue {
        try value(after: try next())
    }

    /// Passes over the rest of a value.
    private mutating func value(after token: JSONToken) throws(EnvelopeError) -> LocatedValue {
        switch token {
        case .string(let string): return LocatedValue(token: token, range: string.range)
        case .number(let range): return LocatedValue(token: token, range: range)
        default:
            let start = tokenizer.position - 1
            let body = self.body
            do throws(JSONError) {
                try tokenizer.skipValue(body.span, after: token)
            } catch {
                throw EnvelopeError(json: error)
            }
            return LocatedValue(token: token, range: start..<tokenizer.position)
        }
    }

    private mutating func next() throws(EnvelopeError) -> JSONToken {
        let body = self.body
        do throws(JSONError) {
            return try tokenizer.next(body.span)
        } catch {
            throw EnvelopeError(json: error)
        }
    }

    /// A field's name. One that is too long is none that is known.
    private func text(of name: JSONString) throws(EnvelopeError) -> String {
        do throws(JSONError) {
            return try JSONEscape.text(name, in: body.span)
        } catch {
            throw EnvelopeError(json: error)
        }
    }

    private func unknown(_ key: String, at name: JSONString, path: String) -> EnvelopeError {
        EnvelopeError(
            .unknownKey, stage: .envelope, offset: name.range.lowerBound,
            field: String(path.prefix(80)), "the strict form has no such field")
    }

    private func duplicate(at name: JSONString, path: String) -> EnvelopeError {
        EnvelopeError(
            .duplicateKey, stage: .envelope, offset: name.range.lowerBound,
            field: String(path.prefix(80)), "the field stands twice")
    }
}

extension EnvelopeError {
    /// What is wrong with the JSON of a body.
    init(json error: JSONError) {
        let isLimit = error.code == .limitExceeded || error.code == .tooLarge
        self.init(
            isLimit ? .limitExceeded : .invalidJSON, stage: .json, offset: error.offset,
            "the body is no JSON that can be read: \(error.words)")
        underlying = error
    }
}
