internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

extension FileService {
    /// Whether the server runs, with a few numbers.
    func health() -> ServerAnswer {
        let stored = store.stored
        return .json(
            200,
            [
                "status": "ok", "objects": .integer(stored.objects),
                "bytes": .integer(stored.bytes),
            ])
    }

    /// What has been done so far, and what is stored.
    var metrics: Metrics {
        let stored = store.stored
        return Metrics(
            counts.snapshot(with: traffic),
            FileServerState(
                files: stored.objects, storedBytes: stored.bytes, freeBytes: store.freeBytes,
                memory: store.memory?.held, openConnections: census.count,
                openUploads: store.openUploads,
                connectionLimit: connectionLimits.total))
    }

    /// The metrics as Prometheus reads them.
    func exposition() -> ServerAnswer { .exposition(of: metrics) }

    /// Whether a file can be written, read and removed at this moment, in a folder that is still
    /// this server's alone, and whether the server takes new work.
    func readiness(_ reply: ServerReply) -> ServerDecision {
        if table?.isEnding == true {
            return .answer(.failure(503, "the server ends", retryAfter: 10))
        }
        blocking.submit { [self] in reply.answer(trial()) }
        return .later
    }

    private func trial() -> ServerAnswer {
        guard store.isLocked else { return notReady("lock", "the folder is not ours any more") }
        // The text is a constant of the form that a native key has, so that this never ends it.
        guard let key = ObjectKey(native: String(repeating: "0", count: 32)) else {
            preconditionFailure("an identifier is 32 digits")
        }
        var generator = SystemGenerator()
        let text = Bytes(utf8: UniqueID.hex128(using: &generator))
        do throws(StoreError) {
            let upload = try ObjectUpload(
                store: store, for: FileOwner(key: key, address: ""), reserving: text.count)
            try upload.write(text.span, at: 0)
            guard upload.holds(text) else {
                return notReady("read", "the store does not give back what was written")
            }
            guard upload.discard() else {
                return notReady("delete", "what was written cannot be removed")
            }
        } catch {
            let isRoom = error == .full || error == .quota(.folder)
            return notReady(isRoom ? "room" : "write", "the store cannot be written")
        }
        var document: JSONObject = ["status": "ready"]
        if let free = store.freeBytes { document["freeBytes"] = .integer(free) }
        return .json(200, .object(document))
    }

    private func notReady(_ step: String, _ sentence: String) -> ServerAnswer {
        var fields = FieldList()
        fields.append("Retry-After", "10")
        return .json(
            503,
            [
                "error": .string(ErrorCode.unavailable.rawValue), "failed": .string(step),
                "message": .string(sentence),
            ], fields: fields)
    }
}

extension ServerAnswer {
    /// Metrics as Prometheus reads them.
    static func exposition(of metrics: Metrics) -> ServerAnswer {
        var fields = FieldList()
        fields.append("Content-Type", Metrics.contentType)
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Cache-Control", "no-store")
        return ServerAnswer(200, fields: fields, body: .bytes(Bytes(utf8: metrics.exposition)))
    }
}
