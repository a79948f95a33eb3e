internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire
internal import Synchronization

extension GatewayService {
    /// For how long a trial of the engine holds for all who ask.
    private static let trialLife = Duration.seconds(1)

    /// Whether the gateway runs, and what is behind it.
    func health() -> ServerAnswer {
        .json(200, ["status": "ok", "backend": .string(engine.name)])
    }

    /// What has been done so far. What the engine holds, others change as well: it is not told.
    var metrics: Metrics {
        Metrics(
            counts.snapshot(with: traffic),
            FileServerState(
                files: nil, storedBytes: nil, openConnections: census.count,
                openUploads: openUploads, connectionLimit: place?.connectionLimit ?? 0))
    }

    /// Whether something can be written to the engine, read and removed at this moment, and whether
    /// the gateway takes new work.
    func readiness(_ reply: ServerReply) -> ServerDecision {
        if place?.isEnding == true {
            return .answer(.failure(503, "the server ends", retryAfter: 10))
        }
        let time = MonotonicClock.now
        if let known = trials.withLock({ $0 }), time < known.end { return .answer(known.answer) }
        return work(reply) { [self] in
            let answer = await trial()
            trials.withLock { $0 = (MonotonicClock.now + Self.trialLife, answer) }
            return answer
        }
    }

    private func trial() async -> ServerAnswer {
        var generator = SystemGenerator()
        let text = UniqueID.hex128(using: &generator)
        // 32 zeros, and letters, digits and a dash, whatever was drawn: this never ends it.
        guard let place = GatewayPlace(id: GatewayPlace.ownID, name: "trial-\(text)") else {
            preconditionFailure("the text is a place")
        }
        var facts = GatewayFacts()
        facts.expires = now.advanced(by: .seconds(3600))
        let content = Bytes(utf8: text)
        var step = "write"
        do throws(GatewayFailure) {
            try await engine.store(UploadPipe(content), in: place, facts)
            step = "read"
            guard let object = try await engine.find(place),
                try await engine.bytes(of: object, limit: 64) == content
            else { return notReady(step, "the store does not give back what was written") }
            step = "delete"
            try await engine.remove(place)
            return .json(200, ["status": "ready", "backend": .string(engine.name)])
        } catch {
            return notReady(error.kind == .full ? "room" : step, error.detail)
        }
    }

    private func notReady(_ step: String, _ sentence: String) -> ServerAnswer {
        var fields = FieldList()
        fields.append("Retry-After", "10")
        return .json(
            503,
            [
                "error": .string(ErrorCode.unavailable.rawValue), "failed": .string(step),
                "message": .string("the store behind this gateway: \(sentence)"),
            ], fields: fields)
    }
}

extension GatewayEngine {
    /// A small object whole.
    func bytes(
        of object: GatewayObject, limit: Int
    ) async throws(GatewayFailure) -> Bytes {
        guard object.size <= limit else {
            throw GatewayFailure(.refused, .tooLarge, "what was kept is larger than it was")
        }
        switch try await body(of: object, 0..<object.size, whenOver: nil) {
        case .bytes(let bytes): return bytes
        case .file(let file, let range):
            let read = await BlockingPool.shared.run {
                Result { () throws(SocketError) in
                    try file.read(at: range.lowerBound, limit: range.count)
                }
            }
            guard case .success(let bytes) = read, bytes.count == object.size else {
                throw GatewayFailure(.unavailable, .unavailable, "a file cannot be read")
            }
            return bytes
        case .stream(let stream):
            guard let bytes = await stream.collect(), bytes.count == object.size else {
                throw GatewayFailure(.unavailable, .unavailable, "an object cannot be read")
            }
            return bytes
        case .none, .omitted: return Bytes()
        }
    }
}

extension AnswerStream {
    /// All of it, for whoever is no connection; nil when it failed.
    func collect() async -> Bytes? {
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self)
        start { waker.yield() }
        var pieces = Segments()
        var isOver: Bool?
        func drain() {
            while isOver == nil {
                switch take() {
                case .piece(let piece): pieces.append(piece)
                case .nothing: return
                case .finished: isOver = true
                case .failed: isOver = false
                }
            }
        }
        drain()
        if isOver == nil {
            for await _ in wakes {
                drain()
                if isOver != nil { break }
            }
        }
        end(isWhole: isOver == true)
        return isOver == true ? pieces.joined() : nil
    }
}
