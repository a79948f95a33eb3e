internal import BridgeBytes
internal import HTTPWire

/// How a payload is cut into parts.
///
/// All parts but the last have one size, which some stores ask for; a part has at least 16 MiB,
/// and there are at most 10,000.
package struct S3Parts: Sendable, Hashable {
    /// Payloads of more bytes than this go in parts: 64 MiB.
    package static let threshold = 64 << 20
    package static let mostParts = 10_000
    private static let leastSize = 16 << 20
    private static let step = 1 << 20

    package let size: Int
    package let partSize: Int

    package init(of size: Int) {
        self.size = size
        let share = size / Self.mostParts + 1
        partSize = max(Self.leastSize, (share + Self.step - 1) / Self.step * Self.step)
    }

    package var count: Int { (size + partSize - 1) / partSize }

    /// The bytes of a part, counted from 1.
    package func range(_ number: Int) -> Range<Int> {
        (number - 1) * partSize..<min(size, number * partSize)
    }
}

extension Segments {
    /// The pieces of a run of bytes; nothing is copied.
    func slice(_ range: Range<Int>) -> Segments {
        var cut = Segments()
        var start = 0
        for piece in self {
            let end = start + piece.count
            let from = Swift.max(start, range.lowerBound)
            let to = Swift.min(end, range.upperBound)
            if from < to { cut.append(piece[from - start..<to - start]) }
            start = end
            if start >= range.upperBound { break }
        }
        return cut
    }
}

/// One upload in parts: begun, filled by several parts at a time, and ended, or given up.
///
/// Whoever fails or is cancelled gives the upload up, so that the store keeps no parts of it; if
/// the store cannot be reached for that, its own rule for unfinished uploads removes them.
struct S3Multipart: Sendable {
    /// Parts on their way at the same time: 4.
    private static let width = 4
    /// Longest wait for giving up, and the same after a cancellation: somebody waits for the end.
    private static let farewell = (failed: Duration.seconds(5), cancelled: Duration.seconds(1))

    let requests: S3Requests
    let key: String
    let segments: Segments
    let fields: FieldList
    /// Whether signatures cover the parts.
    let isSigned: Bool
    let correlationID: String
    let clock: TransferClock

    /// The answer to the upload's end.
    func run() async throws(ClaimError) -> StoreRequests.Answer {
        let upload = try await begin()
        do throws(ClaimError) {
            let tags = try await parts(of: upload)
            return try await end(upload, tags)
        } catch {
            await giveUp(upload, after: error)
            throw error
        }
    }

    func begin() async throws(ClaimError) -> String {
        var own = fields
        own.remove("If-None-Match")
        let call = S3Requests.Call(
            method: "POST", key: key, query: [("uploads", "")], fields: own)
        let answer = try await requests.send(call, correlationID: correlationID, clock: clock)
        let document = FlatXML(parsing: answer.body.span)
        guard answer.status == 200, document?.name == "InitiateMultipartUploadResult",
            let upload = document?.values["UploadId"], !upload.isEmpty, upload.utf8.count <= 2048
        else { throw requests.refusal(answer, .upload, correlationID) }
        return upload
    }

    private func parts(of upload: String) async throws(ClaimError) -> [Int: String] {
        let plan = S3Parts(of: segments.byteCount)
        return try await withTaskGroup(of: Result<(Int, String), ClaimError>.self) { group in
            var next = 1
            func add() {
                guard next <= plan.count else { return }
                let number = next
                next += 1
                group.addTask {
                    do throws(ClaimError) {
                        return .success((number, try await part(number, plan, upload)))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for _ in 0..<Self.width { add() }
            var tags: [Int: String] = [:]
            var failure: ClaimError?
            for await result in group {
                switch result {
                case .success(let (number, tag)):
                    tags[number] = tag
                    if failure == nil { add() }
                case .failure(let error):
                    // What the others fail with is that they were cancelled.
                    if failure == nil {
                        failure = error
                        group.cancelAll()
                    }
                }
            }
            return failure.map { Result<[Int: String], ClaimError>.failure($0) } ?? .success(tags)
        }.get()
    }

    private func part(
        _ number: Int, _ plan: S3Parts, _ upload: String
    ) async throws(ClaimError) -> String {
        try await put(segments.slice(plan.range(number)), number, upload)
    }

    /// Sends one part, and returns its tag.
    func put(
        _ body: Segments, _ number: Int, _ upload: String
    ) async throws(ClaimError) -> String {
        var call = S3Requests.Call(
            method: "PUT", key: key,
            query: [("partNumber", String(number)), ("uploadId", upload)], body: body)
        call.fields.append("Content-Type", "application/octet-stream")
        call.payload =
            isSigned
            ? await SegmentDigest.checksum(of: body, .sha256).digits : SignatureV4.unsignedPayload
        let answer = try await requests.send(call, correlationID: correlationID, clock: clock)
        guard (200...299).contains(answer.status), !answer.isEarly,
            let tag = answer.fields["ETag"], Self.isTag(tag)
        else { throw requests.refusal(answer, .upload, correlationID) }
        return tag
    }

    private static func isTag(_ tag: String) -> Bool {
        (1...256).contains(tag.utf8.count)
            && tag.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && ![0x26, 0x3C, 0x3E].contains($0) }
    }

    func end(
        _ upload: String, _ tags: [Int: String]
    ) async throws(ClaimError) -> StoreRequests.Answer {
        var text = "<CompleteMultipartUpload>"
        for number in tags.keys.sorted() {
            text +=
                "<Part><PartNumber>\(number)</PartNumber><ETag>\(tags[number] ?? "")</ETag></Part>"
        }
        text += "</CompleteMultipartUpload>"
        let body = Segments(Bytes(utf8: text))
        var call = S3Requests.Call(
            method: "POST", key: key, query: [("uploadId", upload)], body: body)
        call.fields.append("Content-Type", "application/xml")
        call.fields.append("If-None-Match", "*")
        call.payload = await SegmentDigest.checksum(of: body, .sha256).digits
        return try await requests.send(call, correlationID: correlationID, clock: clock)
    }

    func giveUp(_ upload: String, after error: ClaimError) async {
        var retry = requests.requests.retry
        retry.total =
            error.code == .cancelled ? Self.farewell.cancelled : Self.farewell.failed
        let requests = requests.retrying(retry)
        let call = S3Requests.Call(
            method: "DELETE", key: key, query: [("uploadId", upload)], stage: .delete)
        let clock = TransferClock(total: retry.total)
        await Task.detached {
            _ = try? await requests.send(call, correlationID: error.correlationID, clock: clock)
        }.value
    }
}
