internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire

extension FileService {
    /// Bodies up to this size go out together with their head, in one write.
    private static let inlineSize = 64 << 10
    /// Files up to this size are read through before their answer begins, in about a millisecond:
    /// 4 MiB.
    private static let promptSize = 4 << 20

    /// GET and HEAD, in the blocking pool.
    func download(_ key: ObjectKey, _ head: RequestHead) -> ServerAnswer {
        do throws(StoreError) {
            let object = try store.open(key, now: now)
            guard !object.isGone else { throw .expired(object.metadata.expires) }
            guard object.metadata.state == .whole else { throw .damaged }
            let conditions = Preconditions(
                method: head.method, fields: head.fields, now: Int(now / 1000))
            switch conditions.evaluate(object.validator) {
            case .failed: return .failure(StoreError.conditionFailed)
            case .notModified:
                return ServerAnswer(304, fields: validators(object), body: .none)
            case .proceed: break
            }
            return try answer(object, conditions, head)
        } catch {
            if error == .damaged { foundUnreadable(key) }
            if error == .missing, let answer = offset(key, head) { return answer }
            return .failure(error)
        }
    }

    private func answer(
        _ object: StoredObject, _ conditions: Preconditions, _ head: RequestHead
    ) throws(StoreError) -> ServerAnswer {
        let size = object.metadata.size
        var fields = validators(object)
        describe(object, into: &fields)
        var status = 200
        var range = 0..<size
        switch conditions.range(object.validator, size: size) {
        case .whole: break
        case .partial(let part):
            status = 206
            range = part
            fields.append("Content-Range", ContentRange(range: part, total: size).value)
        case .unsatisfiable:
            var answer = ServerAnswer.failure(416, "the file has \(size) bytes")
            answer.fields.append(
                "Content-Range", ContentRange(range: nil, total: size).value)
            return answer
        }
        if head.method == "HEAD" {
            // For a sender whose upload's answer was lost: what links to it look like.
            if let base = names?.base(for: head) {
                fields.append("Content-Location", url(of: object.key, object.metadata, base))
            }
            return ServerAnswer(status, fields: fields, body: .omitted(size: size))
        }
        var answer = ServerAnswer(status, fields: fields)
        try check(object, isWhole: range.count == size, &answer)
        if object.metadata.isOneShot, try !store.take(object.key) { throw .missing }
        answer.body = try body(object, range)
        return answer
    }

    /// Has what was damaged at rest not be handed out as if it were whole. Small files are read
    /// through before the answer, which costs next to nothing; large ones beside it, so that the
    /// end of the body waits for the verdict. Parts of large ones are left to the scrub, and to
    /// receivers, who know the digest of the whole.
    private func check(
        _ object: StoredObject, isWhole: Bool, _ answer: inout ServerAnswer
    ) throws(StoreError) {
        guard !store.verified.contains(object) else { return }
        if object.metadata.size <= Self.promptSize {
            guard examine(object) else { throw .damaged }
        } else if isWhole {
            let gate = BodyGate()
            answer.gate = gate
            blocking.submit { [self] in gate.decide(isRight: examine(object)) }
        }
    }

    private func body(
        _ object: StoredObject, _ range: Range<Int>
    ) throws(StoreError) -> ServerAnswer.Body {
        let start = object.dataRange.lowerBound + range.lowerBound
        guard range.count <= Self.inlineSize else {
            return .file(object.file, start..<start + range.count)
        }
        let bytes: Bytes
        do throws(SocketError) {
            bytes = try object.file.read(at: start, limit: range.count)
        } catch { throw StoreError(error) }
        guard bytes.count == range.count else { throw .damaged }
        return .bytes(bytes)
    }

    private func validators(_ object: StoredObject) -> FieldList {
        var fields = FieldList()
        fields.append("ETag", object.validator.tag.value)
        fields.append("Last-Modified", HTTPDate.string(object.validator.modified))
        fields.append(
            "Expires-At", Timestamp(milliseconds: object.metadata.expires).description)
        if let digest = DigestField.value(sha256: object.metadata.sha256) {
            fields.append("Repr-Digest", digest)
        }
        // The bytes never change, but they go: nobody but the receiver shall keep them.
        fields.append("Cache-Control", "private, no-transform")
        return fields
    }

    /// Whatever was uploaded, a browser that is led here only ever saves it.
    private func describe(_ object: StoredObject, into fields: inout FieldList) {
        let type = object.metadata.contentType
        fields.append(
            "Content-Type",
            FieldList.isValidValue(type) && !type.isEmpty ? type : "application/octet-stream")
        fields.append(
            "Content-Disposition", ContentDisposition.attachment(fileName: object.metadata.name))
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Content-Security-Policy", "default-src 'none'; sandbox")
        fields.append("Accept-Ranges", "bytes")
    }
}
