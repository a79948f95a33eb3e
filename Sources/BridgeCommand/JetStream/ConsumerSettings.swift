internal import BridgeBytes
internal import BridgeConsole
internal import NATSJetStream
internal import NATSWire

/// What `consumer add` takes, in the words of the `nats` tool.
enum ConsumerSettings {
    static let options: [OptionSpecification] = [
        .value(
            "--filter", "SUBJECT", repeats: true, "only messages of this subject; may repeat"),
        .value("--description", "TEXT", "a sentence for people"),
        .value(
            "--deliver", "WHERE",
            "all (default), new, last, subject (the last of each), a number, or a moment"
        ),
        .value("--ack", "POLICY", "explicit (default), all or none")
            .choosing(["explicit", "all", "none"]),
        .value("--wait", "TIME", "how long a message may be worked on before it comes again"),
        .value("--max-deliver", "N", "how often a message is delivered at most; -1 is no limit"),
        .value(
            "--backoff", "TIME,…", "waits before the next deliveries, such as 1s,10s,1m"),
        .value("--max-pending", "N", "the most messages that may be unacknowledged; -1: no limit"),
        .value("--replay", "POLICY", "instant (default) or original: the pace of storing")
            .choosing(["instant", "original"]),
        .value("--max-waiting", "N", "the most requests that may wait"),
        .value(
            "--inactive-threshold", "TIME",
            "how long it stays without use; a consumer without it stays for ever"),
        .flag("--headers-only", "messages come without their payloads"),
        .flag("--memory-storage", "its state is kept in memory"),
        .value("--replicas", "N", "how many servers hold a copy of its state"),
        .value("--metadata", "K=V", repeats: true, "a note of the owner's; may repeat"),
    ]

    static func new(
        _ name: String, _ arguments: ParsedArguments
    ) throws(CommandFailure) -> ConsumerConfiguration {
        var settings = ConsumerConfiguration(durableName: name)
        for text in arguments.all("--filter") {
            settings.filterSubjects.append(try BridgeAccess.pattern(text))
        }
        settings.description = arguments["--description"]
        settings.deliverPolicy = try deliverPolicy(arguments["--deliver"])
        // Servers want a filter for this.
        if settings.deliverPolicy == .lastPerSubject, settings.filterSubjects.isEmpty {
            settings.filterSubjects = [">"]
        }
        if let word = try arguments.word("--ack") { settings.ackPolicy = .init(rawValue: word) }
        if let word = try arguments.word("--replay") {
            settings.replayPolicy = .init(rawValue: word)
        }
        settings.ackWait = try arguments.duration("--wait", isPositive: true)
        if let limit = try arguments.limit("--max-deliver") { settings.maxDeliver = limit.value }
        if let limit = try arguments.limit("--max-pending") {
            settings.maxAckPending = limit.value ?? -1
        }
        for text in try arguments.list("--backoff") {
            guard let wait = DurationText.parse(String(text)) else {
                throw .usage("--backoff \"\(text)\" is no time", hint: "write 1s,10s,1m")
            }
            settings.backoff.append(wait)
        }
        settings.maxWaiting = try arguments.integer("--max-waiting", minimum: 1)
        settings.inactiveThreshold = try arguments.duration(
            "--inactive-threshold", isPositive: true)
        settings.headersOnly = arguments.has("--headers-only")
        settings.memoryStorage = arguments.has("--memory-storage")
        settings.replicas = try arguments.integer("--replicas", minimum: 1, maximum: 5)
        settings.metadata = try arguments.notes("--metadata")
        return settings
    }

    private static func deliverPolicy(
        _ text: String?
    ) throws(CommandFailure) -> ConsumerConfiguration.DeliverPolicy {
        switch text {
        case nil, "all": return .all
        case "new": return .new
        case "last": return .last
        case "subject": return .lastPerSubject
        case let text?:
            if let number = UInt64(text), number > 0 { return .byStartSequence(number) }
            if let moment = Timestamp(text) { return .byStartTime(moment) }
            throw .usage(
                "--deliver \"\(text)\" is no place in a stream",
                hint: "write all, new, last, subject, a number, or 2026-03-13T07:00:00Z")
        }
    }
}
