internal import BridgeBytes
internal import BridgeJSON

/// Builds one payload from located fields; see `EnvelopeReader`.
struct PayloadAssembly {
    let source: ValueSource
    /// Path of the payload, such as `payloads[2]`; empty for the first design.
    let path: String

    private func name(_ field: PayloadField) -> String {
        path.isEmpty ? field.rawValue : "\(path).\(field.rawValue)"
    }

    func payload(_ located: LocatedPayload) throws(EnvelopeError) -> EnvelopePayload {
        let type = try source.requiredText(located.values[.type], name(.type))
        let encoding = try text(.encoding, located)
        var payload = EnvelopePayload(
            id: try text(.id, located), dataName: try text(.dataName, located), typeName: type,
            content: try content(located, type: type, encoding: encoding),
            encoding: encoding,
            metadata: try source.object(located.values[.metadata], name(.metadata)))
        payload.statedSize = try source.size(located.values[.size], name(.size))
        if source.strict { try checkValues(payload, located) }
        return payload
    }

    /// What can be read of a payload that cannot be read whole.
    func withoutContent(_ located: LocatedPayload) -> EnvelopePayload {
        var payload = EnvelopePayload(
            id: (try? text(.id, located)) ?? "", dataName: (try? text(.dataName, located)) ?? "",
            typeName: (try? text(.type, located)) ?? "", content: .direct(Bytes()),
            encoding: try? text(.encoding, located))
        payload.statedSize = try? source.size(located.values[.size], name(.size))
        payload.metadata = (try? source.object(located.values[.metadata], name(.metadata))) ?? [:]
        return payload
    }

    private func text(
        _ field: PayloadField, _ located: LocatedPayload
    ) throws(EnvelopeError) -> String {
        try source.text(located.values[field], name(field))
    }

    private func content(
        _ located: LocatedPayload, type: String, encoding: String
    ) throws(EnvelopeError) -> EnvelopePayload.Content {
        switch try transport(located) {
        case .link: return .link(try source.requiredText(located.values[.data], name(.data)))
        case .direct:
            let mayBePlain = PayloadType.mayBePlainJSON(wireName: type) || encoding == "json"
            return .direct(try bytes(located.values[.data], mayBePlain: mayBePlain))
        }
    }

    /// What `transport` says. Where it says nothing, `data` decides, except strictly: an absolute
    /// URL is never base64, whose alphabet has no colon.
    private func transport(_ located: LocatedPayload) throws(EnvelopeError) -> Transport {
        let value = located.values[.transport]
        let said =
            source.strict
            ? try source.requiredText(value, name(.transport))
            : try source.text(value, name(.transport))
        if let transport = Transport(rawValue: said) { return transport }
        guard said.isEmpty else {
            throw source.error(
                .unknownTransport, value, name(.transport), "neither direct nor link")
        }
        guard let data = located.values[.data], case .string(let string) = data.token,
            string.range.count <= source.limits.maxFieldBytes
        else { return .direct }
        return Self.isAbsoluteURL(try source.text(data, name(.data))) ? .link : .direct
    }

    private static func isAbsoluteURL(_ text: String) -> Bool {
        text.hasPrefix("http://") || text.hasPrefix("https://")
    }

    /// The bytes of a direct payload.
    private func bytes(
        _ value: LocatedValue?, mayBePlain: Bool
    ) throws(EnvelopeError) -> Bytes {
        guard let value = try source.present(value, name(.data)) else {
            throw source.error(.missingKey, value, name(.data), "absent or null")
        }
        guard case .string(let string) = value.token else {
            // The JSON itself, not even quoted.
            let isContainer = value.token == .beginObject || value.token == .beginArray
            guard isContainer, mayBePlain, !source.strict else {
                throw source.error(.typeMismatch, value, name(.data), "no string")
            }
            return source.body[value.range].copied()
        }
        do throws(CodecError) {
            // The usual case: decoded from the body into its final memory.
            guard string.hasEscapes else {
                return try Base64.decode(source.body.span.extracting(string.range))
            }
        } catch {
            if source.strict { throw invalidBase64(value, error) }
        }
        return try lenientBytes(value, string, mayBePlain: mayBePlain)
    }

    /// Base64 with escaped slashes or small faults, or plain JSON in its place.
    private func lenientBytes(
        _ value: LocatedValue, _ string: JSONString, mayBePlain: Bool
    ) throws(EnvelopeError) -> Bytes {
        let text: Bytes
        do throws(JSONError) {
            text = try JSONEscape.unescaped(string, in: source.body.span)
        } catch {
            throw EnvelopeError(json: error)
        }
        do throws(CodecError) {
            return try Base64.decode(text.span, source.strict ? .strict : .lenient)
        } catch {
            guard mayBePlain, !source.strict, isJSON(text) else {
                throw invalidBase64(value, error)
            }
            return text
        }
    }

    private func isJSON(_ text: Bytes) -> Bool {
        var tokenizer = JSONTokenizer(loneSurrogates: source.loneSurrogates)
        do throws(JSONError) {
            while try tokenizer.next(text.span) != .end {}
            return true
        } catch {
            return false
        }
    }

    private func invalidBase64(_ value: LocatedValue, _ problem: CodecError) -> EnvelopeError {
        EnvelopeError(
            .invalidBase64, stage: .payload, offset: value.range.lowerBound + problem.offset,
            field: name(.data), "not base64: \(problem.code.rawValue)")
    }

    /// What the strict form asks of values beyond their types.
    private func checkValues(
        _ payload: EnvelopePayload, _ located: LocatedPayload
    ) throws(EnvelopeError) {
        func check(_ field: PayloadField, _ holds: Bool, _ rule: String) throws(EnvelopeError) {
            guard !holds else { return }
            throw source.error(.invalidValue, located.values[field], name(field), rule)
        }
        try check(.id, !payload.id.isEmpty, "empty")
        guard PayloadType(rawValue: payload.typeName) != nil else {
            throw source.error(
                .unknownPayloadType, located.values[.type], name(.type), "none of the eight types")
        }
        switch payload.content {
        case .direct(let bytes):
            try check(.encoding, payload.encoding == "base64", "direct, but not base64")
            try check(.size, payload.statedSize == bytes.count, "not the size of the data")
        case .link(let url):
            try check(.encoding, payload.encoding == "none", "a link, but not none")
            try check(.data, Self.isAbsoluteURL(url), "not an absolute URL")
        }
    }
}
