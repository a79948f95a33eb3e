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
            counts.snapshot(with: traffic), files: stored.objects, storedBytes: stored.bytes,
            openConnections: census.count)
    }

    /// The metrics as Prometheus reads them.
    func exposition() -> ServerAnswer {
        var fields = FieldList()
        fields.append("Content-Type", Metrics.contentType)
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Cache-Control", "no-store")
        return ServerAnswer(200, fields: fields, body: .bytes(Bytes(utf8: metrics.exposition)))
    }

    /// Whether a file can be written, read and removed at this moment.
    func readiness(_ reply: ServerReply) -> ServerDecision {
        blocking.submit { [store] in
            do throws(StoreError) {
                let upload = try ObjectUpload(store: store, reserving: 0)
                try upload.write([0x6F, 0x6B].span, at: 0)
                upload.discard()
                reply.answer(.json(200, ["status": "ready"]))
            } catch {
                var answer = ServerAnswer.failure(503, "the store cannot be written")
                answer.fields.append("Retry-After", "10")
                reply.answer(answer)
            }
        }
        return .later
    }
}
