internal import BridgeBytes
internal import BridgeJSON
internal import BridgeSockets
internal import HTTPWire

/// The two calls with which the peers in other languages upload, as a Plik server answers them.
/// Downloads and deletions are those of any stored file.
///
/// Differences from Plik, on purpose: a failed download answers 404 or 410 and never redirects to
/// a page; `fileMd5` is empty, since no peer checks it and it would cost more than the upload;
/// whoever deletes needs the token, `removable` or not.
extension FileService {
    /// Largest body of `POST /upload`: 64 KiB.
    private static let documentLimit = 64 << 10

    /// `POST /upload`.
    func createPlikUpload(_ request: ServerRequest) -> ServerDecision {
        counts.count(\.others)
        guard options.servesPlik else { return .answer(.failure(404, "Plik is switched off")) }
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
        let id = String(UniqueID.token(using: &generator).prefix(16))
        let life = life(of: wish)
        let upload = PlikUpload(
            token: UniqueID.hex128(using: &generator), isOneShot: wish.isOneShot,
            expires: now.addingReportingOverflow(life).partialValue)
        guard plik.add(upload, id: id) else {
            return .failure(503, "too many uploads are open")
        }
        return .json(
            200,
            [
                "id": .string(id), "uploadToken": .string(upload.token),
                "creation": .string(Timestamp(milliseconds: now).description),
                "ttl": .integer(Int(life / 1000)), "oneShot": .bool(upload.isOneShot),
                "removable": false, "stream": false, "files": [],
            ])
    }

    /// Milliseconds; a wish for ever, as -1 is, gets the longest life there is.
    private func life(of wish: PlikRequest) -> Int64 {
        let longest = options.maximumTimeToLive.milliseconds
        guard let seconds = wish.timeToLive else { return options.timeToLive.milliseconds }
        let (life, overflow) = Int64(seconds).multipliedReportingOverflow(by: 1000)
        return overflow || life < 0 ? longest : min(longest, life)
    }

    /// `POST /file/{uploadID}`.
    func addPlikFile(
        _ request: ServerRequest, upload id: String, _ reply: ServerReply
    ) -> ServerDecision {
        counts.count(\.uploads)
        guard let upload = plik[id], upload.expires > now else {
            return .answer(.failure(404, "there is no such upload"))
        }
        let fields = request.head.fields
        guard ConstantTime.equal(fields["X-UploadToken"] ?? "", upload.token) else {
            return .answer(.failure(403, "the upload token is not right"))
        }
        if let refusal = refusal(request) { return .answer(refusal) }
        let parser: MultipartParser
        do throws(HTTPWireError) {
            parser = try MultipartParser(contentType: fields["Content-Type"] ?? "")
        } catch { return .answer(.failure(400, error.message, code: error.code)) }
        let size = request.contentLength ?? 0
        blocking.submit { [self] in
            do throws(StoreError) {
                let object = try ObjectUpload(store: store, reserving: size)
                reply.receive { [self] in
                    formSink(parser, object) { [self] part, object, size in
                        stored(part, object, size, id, upload)
                    }
                }
            } catch { reply.answer(.failure(error)) }
        }
        return .later
    }

    private typealias Store =
        @Sendable (
            MultipartParser.Part, ObjectUpload, _ size: Int
        ) -> ServerAnswer

    private func formSink(
        _ parser: MultipartParser, _ object: ObjectUpload, _ store: @escaping Store
    ) -> FormSink {
        FormSink(parser: parser) { [options, blocking] part in
            UploadSink(
                upload: object, limit: options.maximumFileSize, blocking: blocking
            ) { object, size, reply in
                reply.answer(store(part, object, size))
            }
        }
    }

    private func stored(
        _ part: MultipartParser.Part, _ object: ObjectUpload, _ size: Int, _ id: String,
        _ upload: PlikUpload
    ) -> ServerAnswer {
        var generator = SystemGenerator()
        let file = String(UniqueID.token(using: &generator).prefix(16))
        guard let key = ObjectKey(upload: id, file: file) else {
            return .failure(404, "there is no such upload")
        }
        let name = FileName.plain(part.fileName ?? "")
        var metadata = metadata(
            name: name, type: part.fields["Content-Type"], token: upload.token,
            life: max(0, upload.expires - now), isOneShot: upload.isOneShot)
        metadata.size = size
        do throws(StoreError) {
            _ = try object.publish(metadata, as: key, replacing: nil)
        } catch { return .failure(error) }
        counts.count(\.filesStored)
        return .json(
            200,
            [
                "id": .string(file), "fileName": .string(name), "fileMd5": "",
                "fileSize": .integer(size), "fileType": .string(metadata.contentType),
                "status": "uploaded",
                "fileUploadDate": .string(
                    Timestamp(milliseconds: metadata.created).description),
            ])
    }
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
