internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

/// The two calls with which the peers in other languages upload, as a Plik server answers them.
/// Downloads and deletions are those of any stored file.
///
/// Differences from Plik, on purpose: a failed download answers 404 or 410 and never redirects to
/// a page; whoever deletes needs the token, `removable` or not.
extension FileService {
    /// Largest body of `POST /upload`: 64 KiB.
    private static let documentLimit = 64 << 10

    /// `POST /upload`.
    func createPlikUpload(_ request: ServerRequest) -> ServerDecision {
        counts.count(\.others)
        guard options.servesPlik else { return .answer(.failure(404, "Plik is switched off")) }
        guard seals.signing != .demanded else {
            counts.count(refusal: "signature")
            return .answer(
                .failure(
                    403, "links need a signature here, and those of Plik have none",
                    code: .permissionDenied))
        }
        let sink = CollectingSink(limit: Self.documentLimit) { [self] body, _ in
            do throws(PlikRequest.Refusal) {
                return .answer(created(try PlikRequest(body)))
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

    private func created(_ wish: PlikRequest) -> ServerAnswer {
        var generator = SystemGenerator()
        let life = options.life(of: wish)
        let upload = PlikRegistration(
            expires: now.addingReportingOverflow(life).partialValue, isOneShot: wish.isOneShot,
            secret: store.secret, using: &generator)
        return .json(
            200,
            [
                "id": .string(upload.id), "uploadToken": .string(upload.token),
                "creation": .string(Timestamp(milliseconds: now).description),
                "ttl": .integer(Int(life / 1000)), "oneShot": .bool(upload.isOneShot),
                "removable": false, "stream": false, "files": [],
            ])
    }

    /// `POST /file/{uploadID}`.
    func addPlikFile(
        _ request: ServerRequest, upload id: String, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.uploads)
        guard let upload = PlikRegistration(id: id, secret: store.secret), upload.expires > now
        else {
            return .answer(.failure(404, "there is no such upload"))
        }
        let fields = request.head.fields
        guard ConstantTime.equal(fields["X-UploadToken"] ?? "", upload.token) else {
            return .answer(.failure(403, "the upload token is not right"))
        }
        if let refusal = options.refusal(of: request) { return .answer(refusal) }
        guard fields["Upload-Complete"].map({ $0 == "?1" }) ?? true else {
            return .answer(.failure(400, "a form is not taken in parts: PUT /f/… is"))
        }
        let parser: MultipartParser
        do throws(HTTPWireError) {
            parser = try MultipartParser(contentType: fields["Content-Type"] ?? "")
        } catch { return .answer(.failure(400, error.message, code: error.code)) }
        let size = request.contentLength ?? 0
        // That of a form is not that of the file in it, and no check is skipped in silence.
        guard StatedDigests(fields)?.isEmpty == true else {
            return .answer(.failure(400, "a digest belongs to the part that is the file"))
        }
        var generator = SystemGenerator()
        let file = String(UniqueID.token(using: &generator).prefix(16))
        guard let key = ObjectKey(upload: id, file: file) else {
            return .answer(.failure(404, "there is no such upload"))
        }
        let place = PlikPlace(upload: upload, file: file, key: key, address: request.peer)
        blocking.submit { [self] in
            do throws(StoreError) {
                let object = try makeRoom { () throws(StoreError) in
                    try ObjectUpload(
                        store: store, for: FileOwner(key: key, address: place.address),
                        reserving: size)
                }
                reply.receive { [self] in formSink(parser, object, place) }
            } catch { reply.answer(refusal(error)) }
        }
        return .later
    }

    private func formSink(
        _ parser: MultipartParser, _ object: ObjectUpload, _ place: PlikPlace
    ) -> FormSink {
        FormSink(parser: parser) { [self] part in
            UploadSink(
                upload: object, limit: options.maximumFileSize, blocking: blocking
            ) { [self] object, data, reply in
                reply.answer(stored(part, object, data, place))
            }
        }
    }

    private func stored(
        _ part: MultipartParser.Part, _ object: ObjectUpload, _ data: UploadedData,
        _ place: PlikPlace
    ) -> ServerAnswer {
        let name = FileName.plain(part.fileName ?? "")
        var metadata = metadata(
            name: name, type: part.fields["Content-Type"], token: place.upload.token,
            life: max(0, place.upload.expires - now), isOneShot: place.upload.isOneShot,
            from: place.address)
        let md5: String
        do throws(StoreError) {
            guard let digests = StatedDigests(part.fields) else { throw .wrongDigest }
            try describe(data, object, digests, &metadata)
            md5 = try object.md5(size: data.size)
            _ = try object.publish(metadata, as: place.key, PublishingRule())
        } catch { return refusal(error) }
        counts.count(\.filesStored)
        return .json(
            200,
            [
                "id": .string(place.file), "fileName": .string(name), "fileMd5": .string(md5),
                "fileSize": .integer(data.size), "fileType": .string(metadata.contentType),
                "status": "uploaded",
                "fileUploadDate": .string(
                    Timestamp(milliseconds: metadata.created).description),
            ])
    }
}

/// Where a file of an upload of Plik goes.
private struct PlikPlace: Sendable {
    let upload: PlikRegistration
    let file: String
    let key: ObjectKey
    let address: String
}

/// File names that arrive in a form.
enum FileName {
    /// The name as one plain path segment: slashes, backslashes and control characters become
    /// underscores, and what is over 255 bytes is cut at a character.
    static func plain(_ name: String) -> String {
        var plain = ""
        for character in name {
            let isUnsafe = character.unicodeScalars.contains {
                $0.value < 0x20 || $0.value == 0x7F || $0 == "/" || $0 == "\\"
            }
            let next = isUnsafe ? "_" : String(character)
            guard plain.utf8.count + next.utf8.count <= ObjectMetadata.longestName else { break }
            plain += next
        }
        return plain.isEmpty || plain == "." || plain == ".." ? "file" : plain
    }
}
