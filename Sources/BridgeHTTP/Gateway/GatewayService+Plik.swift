internal import BridgeBytes
internal import BridgeJSON
internal import HTTPWire
internal import Synchronization

/// The secret with which all gateways of one engine seal what clients of Plik bring back. It lies
/// in the engine, where whoever comes first puts it.
final class GatewaySeal: Sendable {
    private static let size = 32
    private let known = Mutex<StoreSecret?>(nil)

    /// - Parameter isFresh: Whether the engine is asked, though a secret is known.
    func secret(
        of engine: any GatewayEngine, isFresh: Bool = false
    ) async throws(GatewayFailure) -> StoreSecret {
        if !isFresh, let secret = known.withLock({ $0 }) { return secret }
        // Both are constants, and fit: this never ends it.
        guard let place = GatewayPlace(id: GatewayPlace.ownID, name: "natsbridge-secret") else {
            preconditionFailure("the text is a place")
        }
        if let secret = try await read(place, engine) { return keep(secret) }
        var generator = SystemGenerator()
        let key = (0..<Self.size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        var facts = GatewayFacts()
        facts.mustBeNew = true
        do throws(GatewayFailure) {
            try await engine.store(UploadPipe(Bytes(key)), in: place, facts)
        } catch {
            // Another gateway was faster.
            guard error.kind == .exists else { throw error }
        }
        guard let secret = try await read(place, engine) else {
            throw GatewayFailure(.unavailable, .unavailable, "the engine does not keep a secret")
        }
        return keep(secret)
    }

    private func keep(_ secret: StoreSecret) -> StoreSecret {
        known.withLock { $0 = secret }
        return secret
    }

    private func read(
        _ place: GatewayPlace, _ engine: any GatewayEngine
    ) async throws(GatewayFailure) -> StoreSecret? {
        guard let object = try await engine.find(place), !object.isGone else { return nil }
        let bytes = try await engine.bytes(of: object, limit: Self.size)
        return bytes.count == Self.size ? StoreSecret(key: Array(bytes)) : nil
    }
}

/// The two calls of Plik, as `FileService` answers them. A one-shot file goes when it has been read
/// whole; two that read at the same moment may both get it.
extension GatewayService {
    private static let documentLimit = 64 << 10

    func createPlikUpload(_ request: ServerRequest) -> ServerDecision {
        counts.count(\.others)
        if let refusal = tokens.refusal(of: request.head.fields) {
            counts.count(refusal: "token")
            return .answer(refusal)
        }
        guard options.servesPlik else { return .answer(.failure(404, "Plik is switched off")) }
        let sink = CollectingSink(limit: Self.documentLimit) { [self] body, reply in
            do throws(PlikRequest.Refusal) {
                let wish = try PlikRequest(body)
                return work(reply) { [self] in await created(wish) }
            } catch {
                switch error {
                case .malformed: return .answer(.failure(400, "the body is no upload document"))
                case .unsupported(let name):
                    return .answer(.failure(400, "\(name) is not supported"))
                }
            }
        }
        return .receive(sink)
    }

    private func created(_ wish: PlikRequest) async -> ServerAnswer {
        let secret: StoreSecret
        do throws(GatewayFailure) { secret = try await seal.secret(of: engine) } catch {
            return .failure(error)
        }
        var generator = SystemGenerator()
        let life = options.life(of: wish)
        let start = now.milliseconds
        let upload = PlikRegistration(
            expires: start.addingReportingOverflow(life).partialValue, isOneShot: wish.isOneShot,
            secret: secret, using: &generator)
        return .json(
            200,
            [
                "id": .string(upload.id), "uploadToken": .string(upload.token),
                "creation": .string(now.description), "ttl": .integer(Int(life / 1000)),
                "oneShot": .bool(upload.isOneShot), "removable": false, "stream": false,
                "files": [],
            ])
    }

    func addPlikFile(
        _ request: ServerRequest, upload id: String, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.uploads)
        if let refusal = options.refusal(of: request) { return .answer(refusal) }
        let fields = request.head.fields
        guard fields["Upload-Complete"].map({ $0 == "?1" }) ?? true else {
            return .answer(.failure(400, "a form is not taken in parts"))
        }
        guard StatedDigests(fields)?.isEmpty == true else {
            return .answer(.failure(400, "a digest belongs to the part that is the file"))
        }
        let type = fields["Content-Type"] ?? ""
        do throws(HTTPWireError) { _ = try MultipartParser(contentType: type) } catch {
            return .answer(.failure(400, error.message, code: error.code))
        }
        let token = fields["X-UploadToken"] ?? ""
        return work(reply) { [self] in
            let upload: PlikRegistration
            switch await registration(id) {
            case .failure(let failure): return .failure(failure)
            case .success(nil): return .failure(404, "there is no such upload")
            case .success(let known?): upload = known
            }
            guard ConstantTime.equal(token, upload.token) else {
                return .failure(403, "the upload token is not right", code: .permissionDenied)
            }
            reply.receive { [self] in formSink(type, upload, reply) }
            return nil
        }
    }

    /// What an identifier says, by the secret that is known, or else by that of the engine.
    private func registration(
        _ id: String
    ) async -> Result<PlikRegistration?, GatewayFailure> {
        do throws(GatewayFailure) {
            for isFresh in [false, true] {
                let secret = try await seal.secret(of: engine, isFresh: isFresh)
                if let upload = PlikRegistration(id: id, secret: secret) {
                    return .success(upload.expires > now.milliseconds ? upload : nil)
                }
            }
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }

    private func formSink(
        _ type: String, _ upload: PlikRegistration, _ reply: ServerReply
    ) -> any BodySink {
        // `type` was read the same way before the upload was looked for, and answered 400 if it
        // could not be: no request ends it here.
        guard let parser = try? MultipartParser(contentType: type) else {
            preconditionFailure("the type was read before")
        }
        return FormSink(parser: parser) { [self] part in
            guard let digests = StatedDigests(part.fields) else {
                return DiscardSink(limit: 0, then: .malformedDigest)
            }
            guard enterUpload() else {
                counts.count(refusal: "busy")
                return DiscardSink(limit: 0, then: .failure(StoreError.busy))
            }
            return sink(length: nil, digests: digests, takesMD5: true, reply) { [self] pipe in
                await stored(part, pipe, upload)
            }
        }
    }

    private func stored(
        _ part: MultipartParser.Part, _ pipe: UploadPipe, _ upload: PlikRegistration
    ) async -> ServerAnswer {
        var generator = SystemGenerator()
        let file = String(UniqueID.token(using: &generator).prefix(16))
        let name = FileName.plain(part.fileName ?? "")
        guard let place = GatewayPlace(upload: upload.id, file: file, name: name) else {
            return .failure(400, "the form names no file")
        }
        var facts = facts(
            type: part.fields["Content-Type"], token: upload.token, ends: upload.expires, after: 0)
        facts.isOneShot = upload.isOneShot
        facts.mustBeNew = true
        do throws(GatewayFailure) {
            let object = try await store(pipe, in: place, facts)
            return .json(
                200,
                [
                    "id": .string(file), "fileName": .string(name),
                    "fileMd5": .string(pipe.md5 ?? ""), "fileSize": .integer(object.size),
                    "fileType": .string(object.facts.contentType), "status": "uploaded",
                    "fileUploadDate": .string(now.description),
                ])
        } catch {
            return refusal(error)
        }
    }
}
