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
    func download(
        _ key: ObjectKey, _ head: RequestHead, onlyToOwner: Bool = false, isSecondLook: Bool = false
    ) -> ServerAnswer {
        do throws(StoreError) {
            let changes = store.hot.changes
            let (object, memory) = try store.openWhole(key, now: now)
            guard !onlyToOwner || isOwner(object.metadata, head) else { throw .wrongToken }
            guard !object.isGone else { throw .expired(object.metadata.expires) }
            guard object.metadata.state.hasData else { throw .damaged }
            let facts = facts(object.metadata, key)
            switch select(facts, key, head) {
            case .answer(let answer): return answer
            case .bytes(var answer, let range):
                let isWhole = range.count == object.metadata.size
                if memory == nil { try check(object, isWhole: isWhole, &answer) }
                if object.metadata.isOneShot, try !store.take(object.key) { throw .missing }
                if let memory {
                    answer.body = .bytes(memory[range])
                    return answer
                }
                answer.body = try body(object, range)
                if isWhole, !object.metadata.isOneShot, case .bytes(let bytes) = answer.body {
                    keep(object, facts, bytes, since: changes)
                }
                return answer
            }
        } catch {
            if error == .damaged { foundUnreadable(key) }
            if error == .missing, !isSecondLook, asksForProgress(head) {
                if let answer = offset(key, head) { return answer }
                // It may have been published while its part was waited for.
                return download(key, head, onlyToOwner: onlyToOwner, isSecondLook: true)
            }
            if error == .missing, arrivals.isAborted(key) { return Self.uploadAborted }
            return .failure(error)
        }
    }

    /// The same for what is asked for often, on the reactor's thread: it reads no file, and asks
    /// the system once. Nil: the pool has to look.
    func hotDownload(_ key: ObjectKey, _ head: RequestHead) -> ServerAnswer? {
        guard let hot = store.hot.find(key), !hot.facts.metadata.isExpired(at: now),
            store.files.state(of: hot.path) == hot.state
        else { return nil }
        switch select(hot.facts, key, head) {
        case .answer(let answer): return answer
        case .bytes(var answer, let range):
            answer.body = .bytes(range.count == hot.body.count ? hot.body : hot.body[range])
            return answer
        }
    }

    private func keep(
        _ object: StoredObject, _ facts: ObjectFacts, _ body: Bytes, since changes: UInt64
    ) {
        var whole = ServerAnswer(200, fields: facts.fields, body: .bytes(body))
        adorn(&whole, for: nil)
        store.hot.add(
            object.key,
            HotObjects.Entry(
                facts: facts, body: body, state: object.state, path: store.path(object.key),
                prepared: whole.prepared),
            since: changes)
    }

    /// The same for the plainest of requests: nothing is parsed but the path, and nothing is
    /// written out. Nil: the request has to be looked at as any other.
    func prepared(_ path: Span<UInt8>, turn: Duration) -> PreparedAnswer? {
        guard seals.signing != .demanded, let number = FileRoute.nativeNumber(path),
            let (hot, isSeen) = store.hot.find(number, turn: turn), let prepared = hot.prepared,
            !hot.facts.metadata.isExpired(at: now)
        else { return nil }
        if !isSeen {
            guard store.files.state(of: hot.path) == hot.state else { return nil }
            store.hot.saw(hot, number, turn: turn)
        }
        counts.countPreparedDownload()
        return prepared
    }

    enum Selection {
        case answer(ServerAnswer)
        /// These bytes of the data have to be added.
        case bytes(ServerAnswer, Range<Int>)
    }

    /// What a request asks for of an object.
    func select(
        _ facts: ObjectFacts, _ key: ObjectKey, _ head: RequestHead
    ) -> Selection {
        let conditions = Preconditions(
            method: head.method, fields: head.fields, now: Int(now / 1000))
        switch conditions.evaluate(facts.validator) {
        case .failed: return .answer(.failure(StoreError.conditionFailed))
        case .notModified: return .answer(ServerAnswer(304, fields: facts.validators))
        case .proceed: break
        }
        let size = facts.metadata.size
        var answer = ServerAnswer(200, fields: facts.fields)
        var range = 0..<size
        // What is gone with its first answer goes whole (RFC 9110, 14.2: a server may ignore it).
        switch facts.metadata.isOneShot ? .whole : conditions.range(facts.validator, size: size) {
        case .whole: break
        case .partial(let part):
            range = part
            answer.status = 206
            answer.fields.append(
                "Content-Range", ContentRange(range: part, total: size).value)
        case .unsatisfiable:
            var answer = ServerAnswer.failure(416, "the file has \(size) bytes")
            answer.fields.append(
                "Content-Range", ContentRange(range: nil, total: size).value)
            return .answer(answer)
        }
        guard head.method == "HEAD" else { return .bytes(answer, range) }
        // For a sender whose upload's answer was lost: what links to it look like.
        locate(key, facts.metadata, head, in: &answer.fields)
        answer.body = .omitted(size: size)
        return .answer(answer)
    }

    /// Whether a request shows the token of the upload.
    func isOwner(_ metadata: ObjectMetadata, _ head: RequestHead) -> Bool {
        head.fields["X-UploadToken"].map { ConstantTime.equal($0, metadata.token) } ?? false
    }

    /// A fresh link is for the sender alone: whoever was given one cannot prolong it.
    private func locate(
        _ key: ObjectKey, _ metadata: ObjectMetadata, _ head: RequestHead,
        in fields: inout FieldList
    ) {
        guard let base = names?.base(for: head) else { return }
        let isSigned = seals.signing != .off && isOwner(metadata, head)
        guard isSigned || seals.signing != .demanded else { return }
        let end = seals.end(of: metadata, now: now)
        var url = url(of: key, metadata, base)
        if isSigned {
            url += seals.query(for: key, until: end)
            fields.remove("Expires-At")
            fields.append("Expires-At", Timestamp(milliseconds: end).description)
        }
        fields.append("Content-Location", url)
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

    func facts(_ metadata: ObjectMetadata, _ key: ObjectKey) -> ObjectFacts {
        let validator = metadata.validator(of: key)
        var validators = FieldList()
        validators.append("ETag", validator.tag.value)
        validators.append("Last-Modified", HTTPDate.string(validator.modified))
        validators.append("Expires-At", Timestamp(milliseconds: metadata.expires).description)
        if let digest = DigestField.value(sha256: metadata.sha256) {
            validators.append("Repr-Digest", digest)
        }
        // The bytes never change, but they go: nobody but the receiver shall keep them.
        validators.append("Cache-Control", "private, no-transform")
        var fields = validators
        describe(metadata, into: &fields)
        return ObjectFacts(
            metadata: metadata, validator: validator, validators: validators, fields: fields)
    }

    /// Whatever was uploaded, a browser that is led here only ever saves it.
    private func describe(_ metadata: ObjectMetadata, into fields: inout FieldList) {
        let type = metadata.contentType
        fields.append(
            "Content-Type",
            FieldList.isValidValue(type) && !type.isEmpty ? type : "application/octet-stream")
        fields.append(
            "Content-Disposition", ContentDisposition.attachment(fileName: metadata.name))
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Content-Security-Policy", "default-src 'none'; sandbox")
        if metadata.isOneShot {
            fields.append("Accept-Ranges", "none")
        } else {
            fields.append("Accept-Ranges", "bytes")
        }
    }
}
