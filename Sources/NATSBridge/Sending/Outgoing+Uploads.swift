internal import BridgeBytes
internal import BridgeClaims
internal import BridgeEnvelope
internal import BridgeJSON
internal import NATSCore
internal import NATSWire

/// The uploads of one send, and taking them back.
extension Outgoing {
    /// Uploads the payloads that go by link and lie nowhere yet. What was uploaded stands in the
    /// draft, also when another one failed.
    func upload(_ draft: inout MessageDraft) async throws(BridgeError) {
        let leaving = draft.leaving
        guard !leaving.isEmpty else { return }
        guard let store = bridge.options.store else {
            throw BridgeError(
                .noStore, stage: .upload, subject: subject.text,
                correlationID: correlationID, detail: "a payload must go by link")
        }
        var failures: [ClaimError] = []
        for (index, result) in await uploadAll(leaving, draft, to: store) {
            switch result {
            case .success(let claim): draft.uploaded(index, claim)
            case .failure(let error): failures.append(error)
            }
        }
        if let first = failures.first { throw failure(first, of: failures.count) }
    }

    /// Uploads side by side, at most `maxParallelUploads` at a time; later ones are not begun
    /// when one has failed.
    private func uploadAll(
        _ indices: [Int], _ draft: MessageDraft, to store: any ClaimStore
    ) async -> [(Int, Result<Claim, ClaimError>)] {
        await withTaskGroup(of: (Int, Result<Claim, ClaimError>).self) { group in
            var waiting = indices[...]
            var results: [(Int, Result<Claim, ClaimError>)] = []
            var hasFailed = false
            for _ in 0..<max(1, bridge.options.maxParallelUploads) {
                guard let index = waiting.popFirst() else { break }
                group.addTask { (index, await uploadOne(index, draft, to: store)) }
            }
            for await result in group {
                results.append(result)
                if case .failure = result.1 { hasFailed = true }
                guard !hasFailed, let index = waiting.popFirst() else { continue }
                group.addTask { (index, await uploadOne(index, draft, to: store)) }
            }
            return results.sorted { $0.0 < $1.0 }
        }
    }

    private func uploadOne(
        _ index: Int, _ draft: MessageDraft, to store: any ClaimStore
    ) async -> Result<Claim, ClaimError> {
        let payload = draft.payloads[index]
        let name = payload.name
        let kind = payload.mediaType
        let content = ClaimContent(
            name: kind.fileName(name), segments: payload.segments,
            timeToLive: bridge.options.timeToLive,
            checksumAlgorithm: bridge.options.checksumAlgorithm, contentType: kind.name)
        let watch = Stopwatch()
        do throws(ClaimError) {
            let announced = try await announce(content, to: store)
            let claim: Claim
            if let announced {
                claim = announced
            } else {
                claim = try await store.upload(content, correlationID: correlationID)
            }
            let time = watch.elapsed
            do throws(ClaimError) { try await inspect(claim, in: store, after: time) } catch {
                _ = await Task.detached {
                    await Self.delete([claim], from: store, correlationID)
                }.value
                throw error
            }
            bridge.counters.uploaded(claim.size, time)
            bridge.log(
                correlationID, .upload,
                announced == nil ? "uploaded payload" : "announced payload",
                [
                    LogEvent.Field("name", name), LogEvent.Field("url", Redaction.url(claim.url)),
                    LogEvent.Field("bytes", String(claim.size)),
                    LogEvent.Field("milliseconds", String(time.milliseconds)),
                    LogEvent.Field("checksum", claim.checksum),
                ])
            return .success(claim)
        } catch {
            bridge.counters.timed(.upload, error.code, watch.elapsed)
            return .failure(error)
        }
    }

    private func failure(_ error: ClaimError, of count: Int) -> BridgeError {
        let more = count > 1 ? " (and \(count - 1) more uploads)" : ""
        return BridgeError(
            error, stage: .upload, correlationID: correlationID, detail: error.detail + more)
    }

    /// Longest time for taking uploads back; what is not deleted by then ends with its time to
    /// live.
    static let takeBackLimit: Duration = .seconds(10)

    /// The error with what is known of the message and of its uploads, which are deleted if
    /// nobody can hold their links. That runs also when the send was cancelled.
    func told(
        _ error: BridgeError, _ outcome: PublishOutcome, _ claims: [Claim]
    ) async -> BridgeError {
        let isObvious = error.stage != .publish && error.code != .cancelled
        guard !claims.isEmpty else {
            let sentence = MessageFate.sentence(outcome, of: error)
            return error.knowing(outcome, isObvious ? [] : [sentence])
        }
        var fate = MessageFate.kept(claims.count)
        let deserved = MessageFate.uploads(after: outcome, of: error)
        if deserved == .takeBack, let store = bridge.options.store {
            let correlationID = correlationID
            let left = await Task.detached {
                await Self.delete(claims, from: store, correlationID)
            }.value
            bridge.log(
                correlationID, .upload, "took uploads back", level: .notice,
                [
                    LogEvent.Field("deleted", String(claims.count - left.count)),
                    LogEvent.Field("left", String(left.count)),
                ])
            fate = MessageFate.takenBack(claims.count, left: left)
        }
        return error.knowing(outcome, [MessageFate.sentence(outcome, of: error), fate])
    }

    /// Returns the ids of those that could not be deleted.
    static func delete(
        _ claims: [Claim], from store: any ClaimStore, _ correlationID: String
    ) async -> [String] {
        await withTaskGroup(of: [String]?.self) { group in
            group.addTask {
                var left: [String] = []
                for claim in claims {
                    do throws(ClaimError) {
                        try await store.delete(claim, correlationID: correlationID)
                    } catch {
                        left.append(claim.id)
                    }
                }
                return left
            }
            group.addTask {
                try? await ContinuousClock().sleep(for: takeBackLimit)
                return nil
            }
            var left: [String] = []
            // Whoever ends first ends the other.
            for await result in group {
                group.cancelAll()
                if let result { left = result }
            }
            return left
        }
    }
}
