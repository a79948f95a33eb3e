internal import BridgeBytes
package import BridgeHTTP
internal import HTTPWire

/// A bucket of S3 behind a gateway.
///
/// What the gateway notes are the object's own notes (`x-amz-meta-…`). A body is read by one signed
/// GET, which goes on where it was cut, and always names the version that was found. What comes is
/// put in one piece up to the size of a part, and else in parts, one at a time: so an upload of any
/// length takes the memory of one part. Objects end by a rule of the bucket; the gateway says 410
/// from the noted end on.
package struct S3Engine: GatewayEngine {
    /// Attempts to go on with a body that brought nothing.
    private static let mostFailures = 5

    private let requests: S3Requests

    init(_ requests: S3Requests) { self.requests = requests }

    package var name: String { requests.place.location.description }

    /// A part, what waits for it, and what of it is being sent.
    package var uploadMemory: Int { S3Parts(of: 0).partSize + 2 * UploadPipe.window }

    private func key(_ place: GatewayPlace) -> String {
        requests.place.key(id: place.id, name: place.name)
    }

    private var clock: TransferClock { TransferClock(total: requests.requests.retry.total) }

    package func find(
        _ place: GatewayPlace
    ) async throws(GatewayFailure) -> GatewayObject? {
        let answer = try await asking { () throws(ClaimError) in
            let call = S3Requests.Call(method: "HEAD", key: key(place), stage: .verify)
            return try await requests.send(call, correlationID: "", clock: clock)
        }
        // Whoever may not list the bucket is told 403 of what is not there: a gateway that took
        // that for an absence would have receivers give up what is only forbidden.
        if answer.status == 404 { return nil }
        guard answer.status == 200,
            let size = answer.fields["Content-Length"].flatMap({ Int($0) }), size >= 0,
            let tag = answer.fields["ETag"]
        else {
            throw GatewayFailure(requests.refusal(answer, .verify, ""))
        }
        let modified = answer.fields["Last-Modified"].flatMap { HTTPDate.parse($0, now: 0) }
        var facts = GatewayFacts { note in answer.fields["X-Amz-Meta-\(note.rawValue)"] }
        if let type = answer.fields["Content-Type"] { facts.contentType = type }
        // Characters that a tag may hold and ours may not, such as quotes, are left out.
        let version = String(tag.unicodeScalars.filter { $0.isASCII && Self.isPlain($0) })
        var object = GatewayObject(
            place, size: size, version: version,
            modified: Timestamp(seconds: modified.map { Int64($0) } ?? 0), facts: facts)
        object.engineTag = tag
        return object
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar)
            || ("A"..."Z").contains(scalar)
    }

    package func body(
        of object: GatewayObject, _ range: Range<Int>,
        whenOver: (@Sendable (_ isWhole: Bool) -> Void)?
    ) async throws(GatewayFailure) -> ServerAnswer.Body {
        .stream(
            AnswerStream(size: range.count) { stream in
                try await copy(object, range, to: stream)
            } whenOver: { isWhole in
                whenOver?(isWhole)
            })
    }

    private func copy(
        _ object: GatewayObject, _ range: Range<Int>, to stream: AnswerStream
    ) async throws {
        var place = range.lowerBound
        var failures = 0
        while place < range.upperBound {
            do {
                let response = try await open(object, place..<range.upperBound)
                for try await piece in response.body {
                    guard piece.count <= range.upperBound - place else {
                        throw GatewayFailure(.gone, .sizeMismatch, "the object has another size")
                    }
                    try await stream.send(piece)
                    place += piece.count
                    failures = 0
                }
            } catch let error as GatewayFailure where error.kind != .unavailable {
                throw error
            } catch let cut as AnswerStream.Cut {
                throw cut
            } catch {
                failures += 1
                guard failures < Self.mostFailures else { throw error }
                try await Task.sleep(for: .milliseconds(50 << failures))
            }
        }
    }

    /// The answer that has these bytes of the very object.
    private func open(
        _ object: GatewayObject, _ range: Range<Int>
    ) async throws(GatewayFailure) -> HTTPResponse {
        var call = S3Requests.Call(method: "GET", key: key(object.place), stage: .download)
        call.fields.append("If-Match", object.engineTag)
        call.fields.append("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        let response = try await asking { () throws(ClaimError) in
            try await requests.open(call, correlationID: "")
        }
        let isWhole = range == 0..<object.size
        switch response.status {
        case 206: return response
        case 200 where isWhole: return response
        case 404, 412, 416:
            throw GatewayFailure(.gone, .payloadNotFound, "the object was replaced or removed")
        case 500...:
            throw GatewayFailure(.unavailable, .unavailable, "the engine does not answer now")
        default: throw GatewayFailure(.refused, .refused, "the engine refuses the object")
        }
    }

    @discardableResult
    package func remove(_ place: GatewayPlace) async throws(GatewayFailure) -> Bool {
        try await asking { () throws(ClaimError) in
            try await requests.delete(key(place), correlationID: "")
        }
        return true
    }

    private func asking<Value: Sendable>(
        _ work: () async throws(ClaimError) -> Value
    ) async throws(GatewayFailure) -> Value {
        do throws(ClaimError) { return try await work() } catch { throw GatewayFailure(error) }
    }
}

/// Uploads.
extension S3Engine {
    package func store(
        _ upload: UploadPipe, in place: GatewayPlace, _ facts: GatewayFacts
    ) async throws(GatewayFailure) {
        let partSize = S3Parts(of: upload.length ?? 0).partSize
        var fields = FieldList()
        fields.append(
            "Content-Type",
            FieldList.isValidValue(facts.contentType)
                ? facts.contentType : "application/octet-stream")
        if facts.mustBeNew { fields.append("If-None-Match", "*") }
        for (note, value) in facts.notes {
            fields.append(checked: "X-Amz-Meta-\(note.rawValue)", value)
        }
        var source = PartSource(upload, size: partSize)
        let first = try await source.next()
        guard source.hasMore else { return try await put(first, key(place), fields) }
        try await putParts(first, source, key(place), fields)
    }

    private func put(
        _ body: Segments, _ key: String, _ fields: FieldList
    ) async throws(GatewayFailure) {
        var call = S3Requests.Call(method: "PUT", key: key, fields: fields, body: body)
        call.payload = await SegmentDigest.checksum(of: body, .sha256).digits
        let answer = try await asking { () throws(ClaimError) in
            try await requests.send(call, correlationID: "", clock: clock)
        }
        try judge(answer)
    }

    private func putParts(
        _ first: Segments, _ rest: PartSource, _ key: String, _ fields: FieldList
    ) async throws(GatewayFailure) {
        var source = rest
        let upload = S3Multipart(
            requests: requests, key: key, segments: Segments(), fields: fields, isSigned: true,
            correlationID: "", clock: TransferClock(total: nil))
        let id = try await asking { () throws(ClaimError) in try await upload.begin() }
        do throws(GatewayFailure) {
            var tags: [Int: String] = [:]
            var part = first
            while part.byteCount > 0 {
                let (number, body) = (tags.count + 1, part)
                tags[number] = try await asking { () throws(ClaimError) in
                    try await upload.put(body, number, id)
                }
                part = source.hasMore ? try await source.next() : Segments()
            }
            let found = tags
            try judge(
                try await asking { () throws(ClaimError) in try await upload.end(id, found) })
        } catch {
            await upload.giveUp(
                id, after: ClaimError(error.code, .upload, url: name, error.detail))
            throw error
        }
    }

    private func judge(_ answer: StoreRequests.Answer) throws(GatewayFailure) {
        let problem = S3Problem(answer.status, body: answer.body)
        if problem == nil, !answer.isEarly, (200...299).contains(answer.status) { return }
        if answer.status == 412 {
            throw GatewayFailure(.exists, .uploadConflict, "something lies in the place")
        }
        throw GatewayFailure(requests.refusal(answer, .upload, ""))
    }
}

/// What comes, in parts of one size but for the last.
private struct PartSource {
    private let upload: UploadPipe
    private let size: Int
    private var rest = Bytes()
    private(set) var hasMore = true

    init(_ upload: UploadPipe, size: Int) {
        self.upload = upload
        self.size = size
    }

    /// The next part; `hasMore` says afterwards whether another one follows.
    mutating func next() async throws(GatewayFailure) -> Segments {
        var part = Segments(rest)
        rest = Bytes()
        while part.byteCount <= size {
            guard let piece = try await upload.next() else {
                hasMore = false
                return part
            }
            part.append(piece)
        }
        // One byte more than the part is known, so that the last part is never empty.
        let whole = part.slice(0..<size)
        rest = part.slice(size..<part.byteCount).joined()
        return whole
    }
}

extension GatewayFailure {
    init(_ error: ClaimError) {
        let kind: Kind =
            switch error.code {
            case .storageFull: .full
            case .tooLarge: .tooLarge
            case .uploadConflict: .exists
            case .payloadNotFound: .gone
            default: error.code.isTransient ? .unavailable : .refused
            }
        self.init(kind, error.code, error.message)
    }
}
