internal import BridgeBytes
package import BridgeHTTP
internal import NATSJetStream
package import NATSObjectStore

/// A bucket of JetStream's object store behind a gateway.
///
/// A payload is the object `{id}/{name}`, as `ObjectClaimStore` has it, so what bridges put there
/// is served as well. What the gateway notes stands in the object's metadata. A whole object's last
/// piece goes out when its digest has been found right; of a part, its length is known alone. The
/// bucket's own time to live ends everything in it.
package struct ObjectEngine: GatewayEngine {
    private static let prefix = "natsbridge-"

    private let bucket: ObjectBucket

    /// An engine in a bucket that exists.
    package init(_ bucket: ObjectBucket) { self.bucket = bucket }

    package var name: String { "nats-object://\(bucket.name)" }
    /// The window of an upload, and the pieces that wait for the stream's word.
    package var uploadMemory: Int { 4 * UploadPipe.window }

    package func find(
        _ place: GatewayPlace
    ) async throws(GatewayFailure) -> GatewayObject? {
        let (info, life) = try await asking { () throws(JetStreamError) in
            let info = try await bucket.info(place.path)
            return (info, info == nil ? nil : try await bucket.configuration().timeToLive)
        }
        guard let info, info.link == nil, let size = Int(exactly: info.size) else { return nil }
        let modified = info.modified ?? Timestamp(seconds: 0)
        var facts = GatewayFacts { info.notes.metadata[Self.prefix + $0.rawValue] }
        let types = info.notes.headers.first { $0.key.lowercased() == "content-type" }
        if let type = types?.value.first { facts.contentType = type }
        if let end = life.flatMap({ modified.advanced(by: $0) }) {
            facts.expires = facts.expires.map { min($0, end) } ?? end
        }
        var object = GatewayObject(
            place, size: size, version: info.id, modified: modified, facts: facts)
        object.sha256 = info.digest.flatMap(Self.hexadecimal)
        return object
    }

    /// The digest of an object in hexadecimal digits.
    private static func hexadecimal(_ digest: String) -> String? {
        let parts = digest.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "sha-256" else { return nil }
        let text = Array(parts[1].prefix { $0 != "=" }.utf8)
        guard let bytes = Base64.decodeFromURL(text.span), bytes.count == 32 else { return nil }
        return Hex.string(bytes.span)
    }

    package func body(
        of object: GatewayObject, _ range: Range<Int>,
        whenOver: (@Sendable (_ isWhole: Bool) -> Void)?
    ) async throws(GatewayFailure) -> ServerAnswer.Body {
        .stream(
            AnswerStream(size: range.count) { stream in
                if range.count == object.size {
                    try await copy(object, to: stream)
                } else {
                    try await copy(object, range, to: stream)
                }
            } whenOver: { isWhole in
                whenOver?(isWhole)
            })
    }

    /// The whole: its end is held back until the digest is known to be right.
    private func copy(_ object: GatewayObject, to stream: AnswerStream) async throws {
        let content = try await bucket.content(of: object.place.path)
        try check(content.info, object)
        var last = Bytes()
        for try await piece in content {
            if !last.isEmpty { try await stream.send(last) }
            last = piece
        }
        try await stream.send(last)
    }

    private func copy(
        _ object: GatewayObject, _ range: Range<Int>, to stream: AnswerStream
    ) async throws {
        let slice = try await bucket.slice(
            UInt64(range.lowerBound)..<UInt64(range.upperBound), of: object.place.path)
        try check(slice.info, object)
        for try await piece in slice { try await stream.send(piece) }
    }

    private func check(_ info: ObjectInfo, _ object: GatewayObject) throws(GatewayFailure) {
        guard info.id == object.version, info.size == UInt64(object.size) else {
            throw GatewayFailure(.gone, .payloadNotFound, "the object was replaced")
        }
    }

    package func store(
        _ upload: UploadPipe, in place: GatewayPlace, _ facts: GatewayFacts
    ) async throws(GatewayFailure) {
        var notes = ObjectInfo.Notes()
        notes.headers["Content-Type"] = [facts.contentType]
        for (note, value) in facts.notes { notes.metadata[Self.prefix + note.rawValue] = value }
        // Buckets know no condition; identifiers are random, so that nobody meets another's.
        if facts.mustBeNew, try await find(place) != nil {
            throw GatewayFailure(.exists, .uploadConflict, "something lies in the place")
        }
        do throws(JetStreamError) {
            try await bucket.put(contentsOf: upload, as: place.path, notes: notes)
        } catch {
            // What its sender did is not the store's failure.
            if error.code == .sourceFailed, let failure = upload.failure { throw failure }
            throw Self.failure(error)
        }
    }

    @discardableResult
    package func remove(_ place: GatewayPlace) async throws(GatewayFailure) -> Bool {
        do throws(JetStreamError) {
            try await bucket.delete(place.path)
            return true
        } catch {
            guard error.code == .objectNotFound else { throw Self.failure(error) }
            return false
        }
    }

    private func asking<Value: Sendable>(
        _ work: () async throws(JetStreamError) -> Value
    ) async throws(GatewayFailure) -> Value {
        do throws(JetStreamError) { return try await work() } catch { throw Self.failure(error) }
    }

    private static func failure(_ error: JetStreamError) -> GatewayFailure {
        let kind: GatewayFailure.Kind =
            switch error.code {
            case .storageFull: .full
            case .objectNotFound: .gone
            default: error.code.isTransient ? .unavailable : .refused
            }
        return GatewayFailure(kind, error.code, error.detail)
    }
}
