internal import BridgeBytes
internal import BridgeConsole
internal import NATSJetStream

/// JetStream, and of one stream and consumer whether their settings go together with a bridge.
struct StreamExamination: Sendable {
    let stream: String?
    let consumer: String?
    /// How long uploads live.
    let timeToLive: Duration

    /// A limit that is reached to this part is told.
    private static let nearlyFull = 0.85
    /// A clock that is off by more is told, and by more than the second does not work.
    private static let skews = (warning: 5.0, critical: 60.0)
    /// The bridge says this often that it is still at work on a message.
    private static let progressInterval = Duration.seconds(10)

    func findings(_ jetStream: JetStream) async -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        do throws(JetStreamError) {
            let account = try await jetStream.accountInfo()
            findings.append(Self.account(account))
        } catch {
            let failure = CommandFailure(error)
            guard stream == nil, error.code == .jetStreamDisabled else {
                return [DoctorFinding("jetstream", failure)]
            }
            return [
                DoctorFinding(
                    "jetstream", .ok, "not enabled: nothing is kept, and nothing can be replayed",
                    advice: failure.hint)
            ]
        }
        do throws(JetStreamError) {
            if let stream {
                let info = try await jetStream.streamInfo(stream)
                findings += self.findings(info)
                findings += Self.clock(info.serverTime)
            } else {
                var streams = jetStream.streams().makeAsyncIterator()
                if let info = try await streams.next() { findings += Self.clock(info.serverTime) }
            }
        } catch {
            findings.append(DoctorFinding("stream", CommandFailure(error)))
        }
        guard let stream, let consumer else { return findings }
        do throws(JetStreamError) {
            findings += Self.findings(try await jetStream.consumerInfo(consumer, on: stream))
        } catch {
            findings.append(DoctorFinding("consumer", CommandFailure(error)))
        }
        return findings
    }

    private static func account(_ account: AccountInfo) -> DoctorFinding {
        let usage = account.usage
        let figures: [DoctorFinding.Figure] = [
            .init("jetstream_storage_bytes", Double(usage.storage)),
            .init("jetstream_streams", Double(usage.streams)),
        ]
        let text =
            "streams: \(usage.streams), consumers: \(usage.consumers),"
            + " \(JetStreamText.size(usage.storage)) on disk"
        let part = usage.limits.storage.map { Double(usage.storage) / Double(max(1, $0)) } ?? 0
        guard part >= nearlyFull else {
            return DoctorFinding("jetstream", .ok, text, figures: figures)
        }
        return DoctorFinding(
            "jetstream", .warning, "\(text): \(Int(part * 100)) % of what the account may have",
            advice: "raise the account's limit, or give streams --max-bytes or --max-age",
            figures: figures)
    }

    /// By the server's clock, which replays are measured by.
    private static func clock(_ server: Timestamp?) -> [DoctorFinding] {
        server.map { [clock("clock_nats", $0, of: "NATS")] } ?? []
    }

    /// How far our clock is from another one.
    static func clock(_ check: String, _ other: Timestamp, of whose: String) -> DoctorFinding {
        let skew = Double(ThisProgram.now.milliseconds - other.milliseconds) / 1000
        let level: DoctorFinding.Level =
            skew.magnitude > skews.critical
            ? .critical : skew.magnitude > skews.warning ? .warning : .ok
        let text =
            level == .ok
            ? "agrees with that of \(whose)"
            : "\(Figures.fixed(skew.magnitude, 1)) s \(skew > 0 ? "ahead of" : "behind")"
                + " that of \(whose)"
        return DoctorFinding(
            check, level, text,
            advice: level == .ok ? nil : "set both by NTP: times of life and windows go by clocks",
            figures: [.init("\(check)_skew_seconds", skew)])
    }

    private func findings(_ info: StreamInfo) -> [DoctorFinding] {
        let settings = info.configuration
        let name = settings.name
        var findings = [
            DoctorFinding(
                "stream", .ok,
                "\(name) holds \(JetStreamText.count(info.state.messages)) messages,"
                    + " \(JetStreamText.size(info.state.bytes))",
                figures: [
                    .init("stream_messages", Double(info.state.messages)),
                    .init("stream_bytes", Double(info.state.bytes)),
                ])
        ]
        if settings.maxAge.map({ $0 > timeToLive }) ?? true {
            let age = settings.maxAge.map { "for \(JetStreamText.span($0))" } ?? "for ever"
            let life = JetStreamText.span(timeToLive)
            findings.append(
                DoctorFinding(
                    "life", .warning,
                    "\(name) keeps messages \(age), uploads live \(life): older links lead nowhere",
                    advice: "give the stream --max-age \(life) or less, or uploads a longer --ttl"))
        } else {
            findings.append(
                DoctorFinding("life", .ok, "uploads live as long as the messages of \(name)"))
        }
        let parts = [
            settings.maxBytes.map { Double(info.state.bytes) / Double(max(1, $0)) },
            settings.maxMessages.map { Double(info.state.messages) / Double(max(1, $0)) },
        ].compactMap(\.self)
        if let part = parts.max(), part >= Self.nearlyFull, settings.discard == .new {
            findings.append(
                DoctorFinding(
                    "room", .warning,
                    "\(name) is \(Int(part * 100)) % full, and then refuses what comes",
                    advice:
                        "raise --max-bytes or --max-msgs, or let --discard old messages give way"))
        }
        for replica in info.cluster?.replicas ?? [] where replica.isOffline || !replica.isCurrent {
            findings.append(
                DoctorFinding(
                    "replica", replica.isOffline ? .critical : .warning,
                    "the copy of \(name) on \(replica.name) is"
                        + (replica.isOffline ? " offline" : " \(replica.lag) messages behind"),
                    advice: "look after that server"))
        }
        return findings
    }

    private static func findings(_ info: ConsumerInfo) -> [DoctorFinding] {
        let settings = info.configuration
        let name = info.name
        var findings = [
            DoctorFinding(
                "consumer", .ok,
                "\(name): \(JetStreamText.count(info.pending)) to come,"
                    + " \(info.ackPending) unacknowledged, \(info.redelivered) redelivered",
                figures: [
                    .init("consumer_pending", Double(info.pending)),
                    .init("consumer_unacknowledged", Double(info.ackPending)),
                    .init("consumer_redelivered", Double(info.redelivered)),
                ])
        ]
        if let wait = settings.ackWait, wait < progressInterval * 2 {
            findings.append(
                DoctorFinding(
                    "ack_wait", .warning,
                    "\(name) delivers again after \(JetStreamText.span(wait)), while a bridge that"
                        + " fetches a link says each"
                        + " \(JetStreamText.span(progressInterval)) that it is at work",
                    advice: "an ack wait of 30s or more"))
        }
        if settings.ackPolicy != .none, settings.maxDeliver == nil {
            findings.append(
                DoctorFinding(
                    "max_deliver", .warning,
                    "\(name) delivers a message that nobody can use for ever",
                    advice: "--max-deliver 5, say, and look at what is left over"))
        }
        if let most = settings.maxAckPending, most > 0, info.ackPending >= most {
            findings.append(
                DoctorFinding(
                    "stalled", .critical,
                    "\(name) waits: all \(most) messages that may be unacknowledged are",
                    advice: "see that workers acknowledge, or raise --max-pending", exit: .retryable
                ))
        }
        if info.isPaused {
            findings.append(
                DoctorFinding(
                    "paused", .warning, "\(name) is paused",
                    advice: "natsbridge consumer resume \(info.stream) \(name)"))
        }
        return findings
    }
}
