internal import BridgeBytes
internal import BridgeSockets
internal import HTTPWire

extension StoredObject {
    /// What preconditions compare with.
    var validator: Preconditions.Stored {
        Preconditions.Stored(
            tag: metadata.entityTag(of: key), modified: Int(metadata.created / 1000))
    }
}

extension FileService {
    /// Bodies up to this size go out together with their head, in one write.
    private static let inlineSize = 64 << 10

    /// GET and HEAD, in the blocking pool.
    func download(_ key: ObjectKey, _ method: String, _ fields: FieldList) -> ServerAnswer {
        do throws(StoreError) {
            let object = try store.open(key, now: now)
            guard !object.isGone else { throw .expired(object.metadata.expires) }
            let conditions = Preconditions(
                method: method, fields: fields, now: Int(now / 1000))
            switch conditions.evaluate(object.validator) {
            case .failed: return .failure(412, "a precondition does not hold")
            case .notModified:
                return ServerAnswer(304, fields: validators(object), body: .none)
            case .proceed: break
            }
            return try answer(object, conditions, isHead: method == "HEAD")
        } catch { return .failure(error) }
    }

    private func answer(
        _ object: StoredObject, _ conditions: Preconditions, isHead: Bool
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
        if isHead {
            // For a sender whose upload's answer was lost: what links to it look like.
            fields.append("Content-Location", url(of: object.key, object.metadata))
            return ServerAnswer(status, fields: fields, body: .omitted(size: size))
        }
        if object.metadata.isOneShot, try !store.take(object.key) { throw .missing }
        return ServerAnswer(status, fields: fields, body: try body(object, range))
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
