internal import BridgeBytes
internal import HTTPWire

extension GatewayService {
    /// GET and HEAD.
    func download(_ place: GatewayPlace, _ head: RequestHead) async -> ServerAnswer {
        do throws(GatewayFailure) {
            guard let object = try await engine.find(place) else {
                return .failure(StoreError.missing)
            }
            if let end = object.facts.expires, end <= now {
                return .failure(StoreError.expired(end.milliseconds))
            }
            guard !object.isGone else { return .failure(StoreError.missing) }
            return try await answer(object, head)
        } catch {
            return .failure(error)
        }
    }

    private func answer(
        _ object: GatewayObject, _ head: RequestHead
    ) async throws(GatewayFailure) -> ServerAnswer {
        let stored = Preconditions.Stored(
            tag: object.entityTag, modified: Int(object.modified.seconds))
        let conditions = Preconditions(
            method: head.method, fields: head.fields, now: Int(now.seconds))
        let validators = validators(object, stored)
        switch conditions.evaluate(stored) {
        case .failed: return .failure(StoreError.conditionFailed)
        case .notModified: return ServerAnswer(304, fields: validators)
        case .proceed: break
        }
        var answer = ServerAnswer(200, fields: described(object, validators))
        var range = 0..<object.size
        switch conditions.range(stored, size: object.size) {
        case .whole: break
        case .partial(let part):
            range = part
            answer.status = 206
            answer.fields.append(
                "Content-Range", ContentRange(range: part, total: object.size).value)
        case .unsatisfiable:
            var answer = ServerAnswer.failure(416, "the file has \(object.size) bytes")
            answer.fields.append(
                "Content-Range", ContentRange(range: nil, total: object.size).value)
            return answer
        }
        guard head.method != "HEAD" else {
            if let base = self.place?.names.base(for: head) {
                answer.fields.append("Content-Location", Self.url(of: object.place, base))
            }
            answer.body = .omitted(size: object.size)
            return answer
        }
        answer.body = try await engine.body(
            of: object, range, whenOver: range.count == object.size ? leaving(object) : nil)
        return answer
    }

    /// What a one-shot object's first whole download does.
    private func leaving(_ object: GatewayObject) -> (@Sendable (Bool) -> Void)? {
        guard object.facts.isOneShot else { return nil }
        let (engine, place, tasks) = (engine, object.place, tasks)
        return { isWhole in
            guard isWhole else { return }
            tasks.enter()
            Task {
                _ = try? await engine.remove(place)
                tasks.leave()
            }
        }
    }

    /// The link to an object.
    static func url(of place: GatewayPlace, _ base: String) -> String {
        "\(base)/f/\(place.id)/\(PercentCoding.encode(segment: place.name))"
    }

    private func validators(
        _ object: GatewayObject, _ stored: Preconditions.Stored
    ) -> FieldList {
        var fields = FieldList()
        fields.append("ETag", stored.tag.value)
        fields.append("Last-Modified", HTTPDate.string(stored.modified))
        if let end = object.facts.expires { fields.append("Expires-At", end.description) }
        if let digest = object.sha256.flatMap({ DigestField.value(sha256: $0) }) {
            fields.append("Repr-Digest", digest)
        }
        fields.append("Cache-Control", "private, no-transform")
        return fields
    }

    /// Whatever was uploaded, a browser that is led here only ever saves it.
    private func described(_ object: GatewayObject, _ validators: FieldList) -> FieldList {
        var fields = validators
        let type = object.facts.contentType
        fields.append(
            "Content-Type",
            FieldList.isValidValue(type) && !type.isEmpty ? type : "application/octet-stream")
        fields.append(
            "Content-Disposition", ContentDisposition.attachment(fileName: object.place.name))
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Content-Security-Policy", "default-src 'none'; sandbox")
        fields.append("Accept-Ranges", "bytes")
        return fields
    }
}

extension GatewayObject {
    /// The tag of these bytes, the same at each gateway: strong.
    var entityTag: EntityTag { EntityTag("\(place.id)-\(version)") }
}
