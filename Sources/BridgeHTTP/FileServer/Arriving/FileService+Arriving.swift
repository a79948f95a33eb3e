internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

/// Links before their bytes (cut-through).
///
/// ```
/// POST   /f/{id}/{name}  Upload-Length, X-UploadToken  202: the link holds from now on
/// PUT    /f/{id}/{name}  X-UploadToken                 brings the bytes: 201 when they are stored
/// GET    HEAD                                          waits for the first bytes, and follows them
/// DELETE X-UploadToken                                 takes it back
/// ```
/// What makes an upload impossible is said to the announcement, which also takes the room.
extension FileService {
    /// POST of an object's own address.
    func announce(
        _ request: ServerRequest, id: String, name: String, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.others)
        let fields = request.head.fields
        guard let key = ObjectKey(native: id), name.utf8.count <= ObjectMetadata.longestName else {
            return .answer(
                .failure(
                    400,
                    "an identifier is 32 hexadecimal digits, and a name has at most 255 bytes"))
        }
        guard let text = fields["Upload-Length"], !text.isEmpty,
            text.utf8.allSatisfy(Octet.isDigit), let size = Int(text)
        else { return .answer(.failure(400, "Upload-Length is a number of bytes")) }
        guard size <= options.maximumFileSize else {
            return .answer(.failure(413, "a file may have \(options.maximumFileSize) bytes"))
        }
        guard let life = options.life(fields["X-TTL"]) else {
            return .answer(.failure(400, "X-TTL is a positive number of seconds"))
        }
        guard let token = fields["X-UploadToken"], AccessTokens.isFit(token) else {
            return .answer(.failure(400, "an upload token is 16 to 128 letters or digits"))
        }
        guard let base = names?.base(for: request.head) else { return .answer(.misdirected) }
        var metadata = metadata(
            name: name, type: fields["Content-Type"], token: token, life: life,
            from: request.peer)
        metadata.size = size
        let arrival = Arrival(key, metadata)
        blocking.submit { [self] in reply.answer(announced(arrival, request.peer, base)) }
        return .later
    }

    private func announced(
        _ arrival: Arrival, _ address: String, _ base: String
    ) -> ServerAnswer {
        let key = arrival.key
        // Said twice, since the first answer was lost.
        if let known = arrivals[key], known.isSame(as: arrival) { return welcome(known, base) }
        guard (try? store.metadata(key)) == nil else {
            return .failure(409, "this identifier is taken", code: .uploadConflict)
        }
        do throws(StoreError) {
            arrival.room = try makeRoom { () throws(StoreError) in
                try ObjectUpload(
                    store: store, for: FileOwner(key: key, address: address),
                    reserving: arrival.size)
            }
        } catch { return refusal(error) }
        switch arrivals.add(arrival) {
        case .added: break
        case .taken:
            arrival.giveRoomBack()
            return .failure(409, "this identifier is taken", code: .uploadConflict)
        case .tooMany:
            arrival.giveRoomBack()
            return refusal(.busy)
        }
        expect(arrival, in: 0)
        return welcome(arrival, base)
    }

    private func welcome(_ arrival: Arrival, _ base: String) -> ServerAnswer {
        let key = arrival.key
        let end = seals.end(of: arrival.metadata, now: now)
        let expires = Timestamp(milliseconds: end).description
        let url = url(of: key, arrival.metadata, base) + seals.query(for: key, until: end)
        var fields = FieldList()
        fields.append("Location", url)
        fields.append("ETag", arrival.metadata.entityTag(of: key).value)
        fields.append("Expires-At", expires)
        return .json(
            202,
            [
                "id": .string(key.text), "url": .string(url),
                "name": .string(arrival.metadata.name), "size": .integer(arrival.size),
                "expiresAt": .string(expires),
            ], fields: fields)
    }

    /// Gives an announcement up whose bytes do not come in time.
    func expect(_ arrival: Arrival, in turn: Int) {
        let end = ContinuousClock.now + options.arrivalPatience
        _ = Deadlines.shared.add(at: end) { [weak self] in
            if arrival.isAwaited(in: turn) { self?.giveUp(arrival) }
        }
    }

    /// What was announced will not come: whoever reads is told, and its room is free again.
    func giveUp(_ arrival: Arrival) {
        arrivals.abort(arrival)
        blocking.submit { arrival.giveRoomBack() }
    }

    /// DELETE by whoever may: what was announced will not come, and is not taken when it does.
    /// - Returns: Whether it was somebody who may.
    func takeBack(_ arrival: Arrival, _ fields: FieldList) -> Bool {
        let token = fields["X-UploadToken"] ?? ""
        guard ConstantTime.equal(token, arrival.metadata.token) || tokens.mayDelete(fields)
        else { return false }
        giveUp(arrival)
        return true
    }

    /// GET and HEAD of what was announced.
    func arriving(
        _ arrival: Arrival, _ head: RequestHead, onlyToOwner: Bool, _ reply: ServerReply
    ) -> ServerDecision {
        if onlyToOwner, !isOwner(arrival.metadata, head) {
            return .answer(.failure(StoreError.wrongToken))
        }
        guard head.method != "HEAD" else {
            var answer = answer(arrival, head, file: nil) ?? .failure(StoreError.missing)
            answer.fields.append("Upload-Complete", "?0")
            answer.fields.append("Upload-Offset", String(arrival.received))
            return .answer(answer)
        }
        arrival.whenBegun { [self] file in
            if let file, var answer = answer(arrival, head, file: file) {
                answer.fields.append("Upload-Complete", "?0")
                return reply.answer(answer)
            }
            let key = arrival.key
            blocking.submit { [self] in
                reply.answer(download(key, head, onlyToOwner: onlyToOwner))
            }
        }
        return .later
    }

    /// Nil when the bytes no longer come: they are stored, or never will be.
    private func answer(
        _ arrival: Arrival, _ head: RequestHead, file: OpenFile?
    ) -> ServerAnswer? {
        switch select(facts(arrival.metadata, arrival.key), arrival.key, head) {
        case .answer(let answer): return answer
        case .bytes(var answer, let range):
            guard let file, let gate = arrival.follow(range) else { return nil }
            let start = ObjectMetadata.blockSize
            answer.body = .file(file, start + range.lowerBound..<start + range.upperBound)
            answer.gate = gate
            return answer
        }
    }

    /// What will never come: not what has expired, and not what never was.
    static var uploadAborted: ServerAnswer {
        var answer = ServerAnswer.failure(
            410, "its sender gave the upload up", code: .uploadAborted)
        answer.fields.append("Upload-Aborted", "?1")
        return answer
    }
}

/// An attempt to bring what was announced.
struct ArrivingUpload {
    let arrival: Arrival
    let turn: Int
    let service: FileService

    /// Why it need not go on; nil: it counts.
    var refusal: StoreError? {
        switch arrival.standing(of: turn) {
        case .counts: nil
        case .superseded: .superseded
        case .aborted: .withdrawn
        }
    }

    func advance(to count: Int) { arrival.advance(to: count, in: turn) }

    func stored() { service.arrivals.stored(arrival, in: turn) }

    /// The server has refused it: it will not come.
    func refused() {
        if arrival.standing(of: turn) == .counts { service.giveUp(arrival) }
    }

    /// The body will not be whole.
    func cut() {
        if let wait = arrival.cut(in: turn) { service.expect(arrival, in: wait) }
    }
}
