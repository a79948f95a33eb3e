internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole

/// The store: a probe goes there, comes back by the link that receivers get, and is deleted.
struct StoreExamination: Sendable {
    private static let probeSize = 65_536

    private let access: StoreAccess
    private let url: String
    private let timeToLive: Duration

    init(access: StoreAccess, _ options: CommonOptions, timeToLive: Duration) {
        self.access = access
        url = options.store
        self.timeToLive = timeToLive
    }

    /// The bucket of a store in NATS; nil: the store is reached without it.
    var objectBucket: String? { access.address.objectBucket }

    /// Of a store that is reached without NATS.
    func findings() async -> [DoctorFinding] {
        guard let store = access.store else { return [] }
        return await findings(of: store)
    }

    func findings(of store: any ClaimStore) async -> [DoctorFinding] {
        let probe = Bytes((0..<Self.probeSize).map { UInt8(truncatingIfNeeded: $0 &* 167) })
        let id = "doctor"
        let claim: Claim
        let start = ContinuousClock.now
        do throws(ClaimError) {
            var content = ClaimContent(name: "doctor", segments: Segments(probe))
            content.timeToLive = timeToLive
            claim = try await store.upload(content, correlationID: id)
        } catch {
            return [DoctorFinding("upload", CommandFailure(error))]
        }
        let uploaded = ContinuousClock.now - start
        var findings = [
            DoctorFinding(
                "upload", .ok,
                "\(Redaction.url(url)) took \(Figures.bytes(claim.size)) in"
                    + " \(Figures.time(uploaded))",
                figures: [.init("upload_seconds", Figures.seconds(uploaded))])
        ]
        let fetched = await fetch(store, claim, probe, id)
        findings.append(fetched)
        findings += life(claim)
        findings.append(await remove(store, claim, id, looksAgain: fetched.level == .ok))
        return findings
    }

    /// By the link as it stands in a message.
    private func fetch(
        _ store: any ClaimStore, _ claim: Claim, _ probe: Bytes, _ id: String
    ) async -> DoctorFinding {
        let start = ContinuousClock.now
        let place = Self.origin(of: claim.url)
        do throws(ClaimError) {
            let bytes = try await store.download(
                ClaimDownload(
                    url: claim.url, expectedSize: claim.size, expectedChecksum: claim.checksum,
                    retry: access.retry, policy: access.policy, correlationID: id))
            let time = ContinuousClock.now - start
            guard bytes == probe else {
                return DoctorFinding(
                    "download", .critical, "other bytes came back than were sent",
                    advice: "is another server, or a cache, at the links' address?",
                    exit: .integrity)
            }
            return DoctorFinding(
                "download", .ok, "\(place) brought it back in \(Figures.time(time))",
                figures: [.init("download_seconds", Figures.seconds(time))])
        } catch {
            var failure = CommandFailure(error)
            failure.detail = "\(place): \(failure.detail)"
            return DoctorFinding("download", failure)
        }
    }

    /// How long the store keeps it, and by which clock.
    private func life(_ claim: Claim) -> [DoctorFinding] {
        guard let granted = claim.grantedLife, let end = claim.expiresAt else { return [] }
        var findings: [DoctorFinding] = []
        if granted < timeToLive - .seconds(1) {
            findings.append(
                DoctorFinding(
                    "ttl", .warning,
                    "uploads live \(JetStreamText.span(granted)), not"
                        + " \(JetStreamText.span(timeToLive))",
                    advice: "ask the store for less, or let it keep files longer"))
        }
        if let now = end.advanced(by: .zero - granted) {
            findings.append(StreamExamination.clock("clock_store", now, of: "the store"))
        }
        return findings
    }

    /// The part of a link that is no secret: who knows the rest may read the file.
    private static func origin(of link: String) -> String {
        Redaction.url(link).split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            .prefix(3).joined(separator: "/")
    }

    /// - Parameter looksAgain: Whether links can be fetched, so that one that cannot tells
    ///   something.
    private func remove(
        _ store: any ClaimStore, _ claim: Claim, _ id: String, looksAgain: Bool
    ) async -> DoctorFinding {
        do throws(ClaimError) {
            try await store.delete(claim, correlationID: id)
        } catch {
            return DoctorFinding("delete", CommandFailure(error))
        }
        guard looksAgain else {
            return DoctorFinding("delete", .ok, "the store has deleted the probe")
        }
        var once = access.retry
        once.maxAttempts = 1
        do throws(ClaimError) {
            _ = try await store.download(
                ClaimDownload(
                    url: claim.url, limit: Self.probeSize, retry: once, policy: access.policy,
                    correlationID: id))
            return DoctorFinding(
                "delete", .warning, "the link still leads to what was deleted",
                advice: "a cache stands before the store: have it ask the store each time")
        } catch {
            guard [.payloadNotFound, .payloadExpired].contains(error.code) else {
                return DoctorFinding("delete", CommandFailure(error))
            }
            return DoctorFinding("delete", .ok, "the probe is gone again")
        }
    }
}
