internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

/// What an upload is to become.
struct UploadPlan: Sendable {
    var key: ObjectKey
    var metadata: ObjectMetadata
    /// The token with which an older object may be replaced; nil when the name must be free.
    var replacing: String?
    /// The answer when the name is taken: 412 where the client asked, 409 where it did not.
    var takenStatus = 409
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
        if let refusal = refusal(request) { return .answer(refusal) }
        guard name.utf8.count <= ObjectMetadata.longestName else {
            return .answer(.failure(414, "a name has at most 255 bytes"))
        }
        guard let timeToLive = timeToLive(fields["X-TTL"]) else {
            return .answer(.failure(400, "X-TTL is a positive number of seconds"))
        }
        let given = fields["X-UploadToken"]
        guard given.map(Self.isToken) ?? true else {
            return .answer(.failure(400, "an upload token is 16 to 128 letters or digits"))
        }
        var plan = UploadPlan(
            key: key,
            metadata: metadata(
                name: name, type: fields["Content-Type"], token: given, life: timeToLive))
        let mustBeNew = fields["If-None-Match"] == "*"
        plan.replacing = mustBeNew ? nil : given
        plan.takenStatus = mustBeNew ? 412 : 409
        blocking.submit { [self, plan] in start(plan, request, reply) }
        return .later
    }

    /// What of a request's fields makes any upload impossible.
    func refusal(_ request: ServerRequest) -> ServerAnswer? {
        let fields = request.head.fields
        if fields.contains("Content-Range") {
            return .failure(400, "a part of a file cannot be stored")
        }
        let codings = fields.listElements("Content-Encoding")
        guard codings.allSatisfy({ $0.lowercased() == "identity" }) else {
            return .failure(415, "content codings are not undone here")
        }
        if let length = request.contentLength, length > options.maximumFileSize {
            return .failure(413, "a file may have \(options.maximumFileSize) bytes")
        }
        return nil
    }

    /// The life of an upload in milliseconds, from the text of a field in seconds.
    func timeToLive(_ text: String?) -> Int64? {
        guard let text else { return options.timeToLive.milliseconds }
        guard !text.isEmpty, text.utf8.allSatisfy(Octet.isDigit) else { return nil }
        let longest = options.maximumTimeToLive.milliseconds
        // A number too long to count is longer than any limit.
        guard let seconds = Int64(text) else { return longest }
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return seconds == 0 ? nil : overflow ? longest : min(milliseconds, longest)
    }

    private static func isToken(_ text: String) -> Bool {
        (16...128).contains(text.utf8.count) && text.utf8.allSatisfy(Octet.isUnreserved)
    }

    func metadata(
        name: String, type: String?, token: String?, life: Int64, isOneShot: Bool = false
    ) -> ObjectMetadata {
        var generator = SystemGenerator()
        let created = now
        let type = type.flatMap { $0.utf8.count <= ObjectMetadata.longestType ? $0 : nil }
        return ObjectMetadata(
            name: name, contentType: type ?? "application/octet-stream",
            token: token ?? UniqueID.hex128(using: &generator),
            generation: String(generator.next(), radix: 16), created: created,
            expires: created.addingReportingOverflow(life).partialValue, isOneShot: isOneShot)
    }

    /// In the blocking pool: refuses early what would be refused at the end, opens the file.
    private func start(_ plan: UploadPlan, _ request: ServerRequest, _ reply: ServerReply) {
        let stored = try? store.open(plan.key, now: .min)
        let conditions = Preconditions(
            method: request.head.method, fields: request.head.fields, now: Int(now / 1000))
        guard conditions.evaluate(stored?.validator) == .proceed else {
            return reply.answer(.failure(412, "a precondition does not hold"))
        }
        if stored != nil, plan.replacing == nil { return reply.answer(taken(plan)) }
        do throws(StoreError) {
            let upload = try ObjectUpload(
                store: store, reserving: request.contentLength ?? 0)
            reply.receive { [self] in
                UploadSink(
                    upload: upload, limit: options.maximumFileSize, blocking: blocking
                ) { [self] upload, size, reply in
                    reply.answer(finish(plan, upload, size))
                }
            }
        } catch { reply.answer(.failure(error)) }
    }

    private func finish(_ plan: UploadPlan, _ upload: ObjectUpload, _ size: Int) -> ServerAnswer {
        var metadata = plan.metadata
        metadata.size = size
        do throws(StoreError) {
            let replaced = try upload.publish(
                metadata, as: plan.key, replacing: plan.replacing)
            counts.count(\.filesStored)
            return created(plan.key, metadata, status: replaced ? 200 : 201)
        } catch {
            return error == .exists ? taken(plan) : .failure(error)
        }
    }

    private func taken(_ plan: UploadPlan) -> ServerAnswer {
        .failure(plan.takenStatus, "this identifier is taken", code: .uploadConflict)
    }

    /// The link to an object, under the name that receivers know the server by.
    func url(of key: ObjectKey, _ metadata: ObjectMetadata) -> String {
        "\(baseURL)/f/\(key.text)/\(PercentCoding.encode(segment: metadata.name))"
    }

    private func created(
        _ key: ObjectKey, _ metadata: ObjectMetadata, status: Int
    ) -> ServerAnswer {
        let expires = Timestamp(milliseconds: metadata.expires).description
        let url = url(of: key, metadata)
        var fields = FieldList()
        fields.append("Location", url)
        fields.append("ETag", metadata.entityTag(of: key).value)
        fields.append("Expires-At", expires)
        fields.append("X-UploadToken", metadata.token)
        return .json(
            status,
            [
                "id": .string(key.text), "url": .string(url),
                "name": .string(metadata.name), "size": .integer(metadata.size),
                "expiresAt": .string(expires),
            ], fields: fields)
    }
}
