internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

/// What an upload is to become.
struct UploadPlan: Sendable {
    var key: ObjectKey
    var metadata: ObjectMetadata
    /// When an older object may be replaced.
    var rule = PublishingRule()
    var digests = StatedDigests()
    /// What the link begins with.
    var base: String
    /// Whether what comes is kept for a later request, when the request is cut.
    var isResumable = false
    /// Whether the request brings the end of the data.
    var isComplete = true
    /// The answer when the name is taken: 412 where the client asked, 409 where it did not.
    var takenStatus = 409
    /// Set where the upload was announced, and what it is of that.
    var arrival: Arrival?
    var attempt: ArrivingUpload?
}

extension FileService {
    func put(
        _ request: ServerRequest, id: String, name: String, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.uploads)
        guard let key = ObjectKey(native: id) else {
            return .answer(.failure(400, "an identifier is 32 hexadecimal digits"))
        }
        return upload(request, key: key, name: name, reply)
    }

    func post(_ request: ServerRequest, name: String, _ reply: ServerReply) -> ServerDecision {
        counts.count(\.uploads)
        var generator = SystemGenerator()
        guard let key = ObjectKey(native: UniqueID.hex128(using: &generator)) else {
            preconditionFailure("a 128-bit number has 32 digits")
        }
        return upload(request, key: key, name: name.isEmpty ? "data" : name, reply)
    }

    private func upload(
        _ request: ServerRequest, key: ObjectKey, name: String, _ reply: ServerReply
    ) -> ServerDecision {
        let fields = request.head.fields
        if let refusal = options.refusal(of: request) { return .answer(refusal) }
        guard name.utf8.count <= ObjectMetadata.longestName else {
            return .answer(.failure(414, "a name has at most 255 bytes"))
        }
        guard let timeToLive = options.life(fields["X-TTL"]) else {
            return .answer(.failure(400, "X-TTL is a positive number of seconds"))
        }
        let given = fields["X-UploadToken"]
        guard given.map(AccessTokens.isFit) ?? true else {
            return .answer(.failure(400, "an upload token is 16 to 128 letters or digits"))
        }
        guard let base = names?.base(for: request.head) else {
            return .answer(.misdirected)
        }
        var plan = UploadPlan(
            key: key,
            metadata: metadata(
                name: name, type: fields["Content-Type"], token: given, life: timeToLive,
                from: request.peer), base: base)
        guard let digests = StatedDigests(fields) else {
            return .answer(.malformedDigest)
        }
        plan.digests = digests
        let mustBeNew = fields["If-None-Match"] == "*"
        plan.rule.token = mustBeNew ? nil : given
        plan.rule.conditions = Preconditions(
            method: request.head.method, fields: fields, now: Int(now / 1000))
        plan.takenStatus = mustBeNew ? 412 : 409
        if let flag = fields["Upload-Complete"] {
            guard flag == "?0" || flag == "?1" else {
                return .answer(.failure(400, "Upload-Complete is ?0 or ?1"))
            }
            plan.isResumable = mustBeNew && given != nil
            plan.isComplete = flag == "?1"
            guard plan.isComplete || plan.isResumable else {
                return .answer(
                    .failure(
                        400, "a part is kept with X-UploadToken and If-None-Match: * alone"))
            }
        }
        blocking.submit { [self, plan] in start(plan, request, reply) }
        return .later
    }

    func metadata(
        name: String, type: String?, token: String?, life: Int64, isOneShot: Bool = false,
        from uploader: String
    ) -> ObjectMetadata {
        var generator = SystemGenerator()
        let created = now
        let type = type.flatMap { $0.utf8.count <= ObjectMetadata.longestType ? $0 : nil }
        var metadata = ObjectMetadata(
            name: name, contentType: type ?? "application/octet-stream",
            token: token ?? UniqueID.hex128(using: &generator),
            generation: String(generator.next(), radix: 16), created: created,
            expires: created.addingReportingOverflow(life).partialValue, isOneShot: isOneShot)
        metadata.uploader = uploader
        return metadata
    }

    /// In the blocking pool: refuses early what would be refused at the end, opens the file.
    private func start(_ plan: UploadPlan, _ request: ServerRequest, _ reply: ServerReply) {
        if let arrival = arrivals[plan.key] {
            return start(plan, bringing: arrival, request, reply)
        }
        // What was given up stays so: those who waited were told.
        guard !arrivals.isAborted(plan.key) else {
            return reply.answer(.failure(StoreError.withdrawn))
        }
        let stored = try? store.metadata(plan.key)
        let verdict = plan.rule.conditions?.evaluate(stored?.validator(of: plan.key))
        guard verdict == nil || verdict == .proceed else {
            return reply.answer(.failure(StoreError.conditionFailed))
        }
        if stored != nil, plan.rule.token == nil { return reply.answer(taken(plan)) }
        let owner = FileOwner(key: plan.key, address: request.peer)
        do throws(StoreError) {
            let upload = try makeRoom { () throws(StoreError) in
                try ObjectUpload(
                    store: store, for: owner, reserving: request.contentLength ?? 0,
                    in: { [self] in plan.isComplete ? memory(for: request) : nil },
                    resumable: plan.isResumable ? plan.metadata : nil, at: { [self] in now })
            }
            receive(upload, HeldData(), plan, reply)
        } catch { reply.answer(refusal(error)) }
    }

    /// The same for what was announced: it is what was said then.
    private func start(
        _ plan: UploadPlan, bringing arrival: Arrival, _ request: ServerRequest,
        _ reply: ServerReply
    ) {
        let token = request.head.fields["X-UploadToken"] ?? ""
        guard ConstantTime.equal(token, arrival.metadata.token) else {
            return reply.answer(taken(plan))
        }
        guard request.contentLength == arrival.size else {
            return reply.answer(
                .failure(400, "\(arrival.size) bytes were announced"))
        }
        var plan = plan
        plan.metadata = arrival.metadata
        plan.rule = PublishingRule()
        plan.arrival = arrival
        (plan.isResumable, plan.isComplete) = (false, true)
        arrival.giveRoomBack()
        let owner = FileOwner(key: plan.key, address: request.peer)
        do throws(StoreError) {
            let upload = try makeRoom { () throws(StoreError) in
                try ObjectUpload(store: store, for: owner, reserving: arrival.size)
            }
            receive(upload, HeldData(), plan, reply)
        } catch { reply.answer(refusal(error)) }
    }

    /// Has the body come in, behind what is there.
    func receive(
        _ upload: ObjectUpload, _ held: HeldData, _ plan: UploadPlan, _ reply: ServerReply
    ) {
        reply.receive { [self] () -> any BodySink in
            var plan = plan
            switch plan.arrival?.begin(upload.reading) {
            case nil: break
            case .begun(let turn):
                plan.attempt = plan.arrival.map {
                    ArrivingUpload(arrival: $0, turn: turn, service: self)
                }
            case .stored:
                blocking.submit { upload.discard() }
                return DiscardSink(limit: 0, then: taken(plan))
            case .aborted:
                blocking.submit { upload.discard() }
                return DiscardSink(limit: 0, then: .failure(StoreError.withdrawn))
            }
            return UploadSink(
                upload: upload, after: held, limit: options.maximumFileSize, blocking: blocking,
                arriving: plan.attempt
            ) { [self, plan] upload, data, reply in
                reply.answer(
                    plan.isComplete ? finish(plan, upload, data) : leave(plan, upload, data))
            }
        }
    }

    private func finish(
        _ plan: UploadPlan, _ upload: ObjectUpload, _ data: UploadedData
    ) -> ServerAnswer {
        var metadata = plan.metadata
        do throws(StoreError) {
            try describe(data, upload, plan.digests, &metadata)
            let replaced = try upload.publish(metadata, as: plan.key, plan.rule)
            counts.count(\.filesStored)
            plan.attempt?.stored()
            owe(plan.key, metadata.generation)
            return created(plan, metadata, status: replaced ? 200 : 201)
        } catch {
            plan.attempt?.refused()
            // Before the answer: whoever asks behind it finds nothing to go on with.
            upload.discard()
            return error == .exists ? taken(plan) : refusal(error)
        }
    }

    /// Notes size and digests of what has come, and compares them with what the sender states.
    func describe(
        _ data: UploadedData, _ upload: ObjectUpload, _ digests: StatedDigests,
        _ metadata: inout ObjectMetadata
    ) throws(StoreError) {
        metadata.size = data.size
        metadata.checksum = data.checksum
        guard options.digest == .sha256 || !digests.isEmpty else { return }
        let found = try upload.sha256(size: data.size)
        guard digests.agree(with: found) else { throw .wrongDigest }
        metadata.sha256 = found
    }

    private func taken(_ plan: UploadPlan) -> ServerAnswer {
        .failure(plan.takenStatus, "this identifier is taken", code: .uploadConflict)
    }

    /// The link to an object, without a signature.
    func url(of key: ObjectKey, _ metadata: ObjectMetadata, _ base: String) -> String {
        "\(base)/f/\(key.text)/\(PercentCoding.encode(segment: metadata.name))"
    }

    private func created(
        _ plan: UploadPlan, _ metadata: ObjectMetadata, status: Int
    ) -> ServerAnswer {
        let key = plan.key
        let end = seals.end(of: metadata, now: now)
        let expires = Timestamp(milliseconds: end).description
        let url = url(of: key, metadata, plan.base) + seals.query(for: key, until: end)
        var fields = FieldList()
        fields.append("Location", url)
        fields.append("ETag", metadata.entityTag(of: key).value)
        fields.append("Expires-At", expires)
        fields.append("X-UploadToken", metadata.token)
        if let digest = DigestField.value(sha256: metadata.sha256) {
            fields.append("Repr-Digest", digest)
        }
        return .json(
            status,
            [
                "id": .string(key.text), "url": .string(url),
                "name": .string(metadata.name), "size": .integer(metadata.size),
                "expiresAt": .string(expires),
            ], fields: fields)
    }
}

extension ServerAnswer {
    /// An upload through a name that links cannot begin with.
    static var misdirected: ServerAnswer {
        .failure(
            421,
            "this server is not known by the name in Host, so no link could be made: "
                + "give it that name (--allow-host) or a public URL (--public-url)")
    }
}
