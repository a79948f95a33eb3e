internal import BridgeBytes
internal import BridgeJSON
internal import HTTPWire

/// What an upload to a gateway is to become.
struct GatewayPlan: Sendable {
    var place: GatewayPlace
    var facts: GatewayFacts
    /// With which it may be replaced and deleted; told to its sender alone.
    var token: String
    var digests = StatedDigests()
    /// What the link begins with.
    var base: String
    var conditions: Preconditions?
    /// The answer when the place is taken: 412 where the client asked, 409 where it did not.
    var takenStatus = 409
}

extension GatewayService {
    func put(
        _ request: ServerRequest, _ place: GatewayPlace?, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.uploads)
        guard let place, !place.isOwn else {
            return .answer(
                .failure(
                    400,
                    "an identifier is 32 hexadecimal digits, and a name has at most 255 bytes"))
        }
        return upload(request, place, reply)
    }

    func post(_ request: ServerRequest, name: String, _ reply: ServerReply) -> ServerDecision {
        counts.count(\.uploads)
        var generator = SystemGenerator()
        let id = UniqueID.hex128(using: &generator)
        guard let place = GatewayPlace(id: id, name: name.isEmpty ? "data" : name) else {
            return .answer(.failure(400, "a name has at most 255 bytes"))
        }
        return upload(request, place, reply)
    }

    private func upload(
        _ request: ServerRequest, _ place: GatewayPlace, _ reply: ServerReply
    ) -> ServerDecision {
        switch plan(request, place) {
        case .failure(let refusal): return .answer(refusal.answer)
        case .success(let plan):
            return work(reply) { [self] in
                await admit(plan) ?? receive(plan, request, reply)
            }
        }
    }

    private func plan(
        _ request: ServerRequest, _ place: GatewayPlace
    ) -> Result<GatewayPlan, UploadRefusal> {
        let fields = request.head.fields
        func refused(_ answer: ServerAnswer) -> Result<GatewayPlan, UploadRefusal> {
            .failure(UploadRefusal(answer: answer))
        }
        if let refusal = tokens.refusal(of: fields) {
            counts.count(refusal: "token")
            return refused(refusal)
        }
        if let refusal = options.refusal(of: request) { return refused(refusal) }
        guard let life = options.life(fields["X-TTL"]) else {
            return refused(.failure(400, "X-TTL is a positive number of seconds"))
        }
        let given = fields["X-UploadToken"]
        guard given.map(AccessTokens.isFit) ?? true else {
            return refused(
                .failure(400, "an upload token is 16 to 128 letters or digits"))
        }
        guard fields["Upload-Complete"].map({ $0 == "?1" }) ?? true else {
            return refused(.failure(400, "a gateway takes no uploads in parts"))
        }
        guard let base = self.place?.names.base(for: request.head) else {
            return refused(.misdirected)
        }
        guard let digests = StatedDigests(fields) else { return refused(.malformedDigest) }
        var generator = SystemGenerator()
        let token = given ?? UniqueID.hex128(using: &generator)
        let facts = facts(
            type: fields["Content-Type"], token: token, ends: now.milliseconds, after: life)
        var plan = GatewayPlan(place: place, facts: facts, token: token, base: base)
        plan.digests = digests
        plan.facts.mustBeNew = fields["If-None-Match"] == "*" || given == nil
        plan.conditions = Preconditions(
            method: request.head.method, fields: fields, now: Int(now.seconds))
        plan.takenStatus = fields["If-None-Match"] == "*" ? 412 : 409
        return .success(plan)
    }

    func facts(
        type: String?, token: String, ends start: Int64, after life: Int64
    ) -> GatewayFacts {
        var facts = GatewayFacts()
        if let type, (1...ObjectMetadata.longestType).contains(type.utf8.count) {
            facts.contentType = type
        }
        facts.tokenSeal = GatewayFacts.seal(token)
        facts.expires = Timestamp(
            milliseconds: start.addingReportingOverflow(life).partialValue)
        return facts
    }

    /// Why an upload may not begin, by what lies there now; nil when it may.
    private func admit(_ plan: GatewayPlan) async -> ServerAnswer? {
        let stored: GatewayObject?
        do throws(GatewayFailure) { stored = try await engine.find(plan.place) } catch {
            return refusal(error, plan)
        }
        let isThere = stored?.isGone == false
        let verdict = plan.conditions?.evaluate(
            (isThere ? stored : nil).map {
                Preconditions.Stored(tag: $0.entityTag, modified: Int($0.modified.seconds))
            })
        guard verdict == nil || verdict == .proceed else {
            return .failure(StoreError.conditionFailed)
        }
        guard isThere, let stored else { return nil }
        let mine = plan.facts.tokenSeal ?? ""
        guard !plan.facts.mustBeNew,
            stored.facts.tokenSeal.map({ ConstantTime.equal($0, mine) }) ?? false
        else {
            return .failure(plan.takenStatus, "this identifier is taken", code: .uploadConflict)
        }
        return nil
    }

    /// Has the body come in. Nil: the sink answers.
    private func receive(
        _ plan: GatewayPlan, _ request: ServerRequest, _ reply: ServerReply
    ) -> ServerAnswer? {
        guard enterUpload() else {
            counts.count(refusal: "busy")
            return .failure(StoreError.busy)
        }
        let length = request.contentLength
        reply.receive { [self] in
            sink(length: length, digests: plan.digests, reply) { [self] pipe in
                await finish(plan, pipe)
            }
        }
        return nil
    }

    /// A sink for an upload that has entered; it leaves with its work.
    func sink(
        length: Int?, digests: StatedDigests, takesMD5: Bool = false, _ reply: ServerReply,
        work: @escaping @Sendable (UploadPipe) async -> ServerAnswer
    ) -> GatewaySink {
        let pipe = UploadPipe(
            length: length, digests: digests, takesDigest: options.digest == .sha256,
            takesMD5: takesMD5
        ) { reply.resume() }
        return GatewaySink(pipe, limit: options.maximumFileSize) { [self] pipe in
            defer { leaveUpload() }
            return await work(pipe)
        }
    }

    private func finish(_ plan: GatewayPlan, _ pipe: UploadPipe) async -> ServerAnswer {
        do throws(GatewayFailure) {
            let object = try await store(pipe, in: plan.place, plan.facts)
            return created(plan, object)
        } catch {
            return refusal(error, plan)
        }
    }

    /// Stores what comes, and looks whether it is there: only then it counts as stored.
    func store(
        _ pipe: UploadPipe, in place: GatewayPlace, _ facts: GatewayFacts
    ) async throws(GatewayFailure) -> GatewayObject {
        try await engine.store(pipe, in: place, facts)
        guard let object = try await engine.find(place), !object.isGone, object.size == pipe.size
        else {
            throw GatewayFailure(
                .unavailable, .unavailable, "what was stored is not there as it was sent")
        }
        counts.count(\.filesStored)
        return object
    }

    func refusal(_ failure: GatewayFailure, _ plan: GatewayPlan? = nil) -> ServerAnswer {
        switch failure.kind {
        case .full: counts.count(refusal: "disk")
        case .wrongDigest: counts.count(refusal: "digest")
        case .exists:
            return .failure(
                plan?.takenStatus ?? 409, "this identifier is taken", code: .uploadConflict)
        default: break
        }
        return .failure(failure)
    }

    private func created(_ plan: GatewayPlan, _ object: GatewayObject) -> ServerAnswer {
        let expires = (object.facts.expires ?? now).description
        let url = Self.url(of: plan.place, plan.base)
        var fields = FieldList()
        fields.append("Location", url)
        fields.append("ETag", object.entityTag.value)
        fields.append("Expires-At", expires)
        fields.append("X-UploadToken", plan.token)
        if let digest = object.sha256.flatMap({ DigestField.value(sha256: $0) }) {
            fields.append("Repr-Digest", digest)
        }
        return .json(
            201,
            [
                "id": .string(plan.place.id), "url": .string(url),
                "name": .string(plan.place.name), "size": .integer(object.size),
                "expiresAt": .string(expires),
            ], fields: fields)
    }
}

/// The answer to an upload that is refused by its head.
private struct UploadRefusal: Error {
    let answer: ServerAnswer
}
