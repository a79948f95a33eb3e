internal import BridgeBytes
internal import HTTPWire

/// Uploads that go on where they were cut.
///
/// ## Theory of operation
/// After draft-ietf-httpbis-resumable-upload, with the object's own address as that of its upload,
/// since senders choose it:
/// ```
/// PUT    X-UploadToken, If-None-Match: *, Upload-Complete: ?1   begins; is kept when it is cut
/// HEAD   X-UploadToken                         204, Upload-Offset: how far it has come
/// PATCH  X-UploadToken, Upload-Offset, Upload-Complete          goes on: 201 when it is whole
/// DELETE X-UploadToken                         takes it back
/// ```
/// `Upload-Complete: ?0` brings a part that is not the last. A request that asks or goes on ends
/// the one before: its sender has given that up, though its connection may not know it yet.
extension FileService {
    static let partType = "application/partial-upload"

    /// PATCH.
    func resume(
        _ request: ServerRequest, id: String, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.uploads)
        let fields = request.head.fields
        guard let key = ObjectKey(native: id) else {
            return .answer(.failure(400, "an identifier is 32 hexadecimal digits"))
        }
        if let refusal = options.refusal(of: request) { return .answer(refusal) }
        guard fields["Content-Type"]?.lowercased() == Self.partType else {
            return .answer(.failure(415, "what goes on with an upload is \(Self.partType)"))
        }
        guard let text = fields["Upload-Offset"], !text.isEmpty,
            text.utf8.allSatisfy(Octet.isDigit), let offset = Int(text),
            let flag = fields["Upload-Complete"], flag == "?0" || flag == "?1"
        else {
            return .answer(
                .failure(400, "Upload-Offset is a number, and Upload-Complete ?0 or ?1"))
        }
        guard let token = fields["X-UploadToken"] else {
            return .answer(
                .failure(403, "X-UploadToken is missing", code: .permissionDenied))
        }
        guard let base = names?.base(for: request.head) else {
            return .answer(.misdirected)
        }
        guard let digests = StatedDigests(fields) else { return .answer(.malformedDigest) }
        blocking.submit { [self] in
            do throws(StoreError) {
                let (upload, metadata, held) = try ObjectUpload.resuming(
                    key, token: token, at: offset, by: request.contentLength ?? 0,
                    of: request.peer, in: store, now: { [self] in now })
                var plan = UploadPlan(
                    key: key, metadata: renewed(metadata, request.peer), base: base)
                plan.digests = digests
                plan.isResumable = true
                plan.isComplete = flag == "?1"
                plan.takenStatus = 412
                receive(upload, held, plan, reply)
            } catch { reply.answer(refusal(error)) }
        }
        return .later
    }

    /// The metadata of an upload that is about to be whole: its life begins then.
    private func renewed(_ metadata: ObjectMetadata, _ uploader: String) -> ObjectMetadata {
        self.metadata(
            name: metadata.name, type: metadata.contentType, token: metadata.token,
            life: metadata.expires - metadata.created, from: uploader)
    }

    /// The request has brought a part that is not the last.
    func leave(
        _ plan: UploadPlan, _ upload: ObjectUpload, _ data: UploadedData
    ) -> ServerAnswer {
        guard upload.keep() else { return .failure(StoreError.superseded) }
        var answer = ServerAnswer(204)
        answer.fields = progress(data.size)
        return answer
    }

    /// Whether a request may be the question of a sender for how far its upload has come.
    func asksForProgress(_ head: RequestHead) -> Bool {
        head.method == "HEAD" && head.fields["X-UploadToken"] != nil
    }

    /// How far an upload has come, for its sender; nil for others, and where there is none.
    func offset(_ key: ObjectKey, _ head: RequestHead) -> ServerAnswer? {
        guard asksForProgress(head), let token = head.fields["X-UploadToken"],
            let part = try? store.seizePart(key, token: token),
            store.keepPart(key, part.metadata, part.lease, now: now)
        else { return nil }
        return ServerAnswer(204, fields: progress(part.size))
    }

    private func progress(_ size: Int) -> FieldList {
        var fields = FieldList()
        fields.append("Upload-Offset", String(size))
        fields.append("Upload-Complete", "?0")
        fields.append("Upload-Limit", "max-age=\(ObjectStore.partTime / 1000)")
        fields.append("Cache-Control", "no-store")
        return fields
    }
}
