internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSWire

/// What `stream add` and `stream edit` take, in the words of the `nats` tool.
enum StreamSettings {
    static let options: [OptionSpecification] = [
        .value(
            "--subjects", "SUBJECT", repeats: true,
            "what it stores, several with commas; may repeat"),
        .value("--description", "TEXT", "a sentence for people"),
        .value("--storage", "KIND", "file (default) or memory").choosing(["file", "memory"]),
        .value(
            "--retention", "POLICY", "limits (default), interest or work: when a message may go"
        ).choosing(["limits", "interest", "work"]),
        .value("--discard", "WHICH", "old (default) or new: what gives way at a limit")
            .choosing(["old", "new"]),
        .value("--max-msgs", "N", "the most messages; here and below -1 is no limit"),
        .value("--max-msgs-per-subject", "N", "the most messages of one subject"),
        .value("--max-bytes", "BYTES", "the most bytes, such as 10GB"),
        .value("--max-age", "TIME", "the age at which a message goes, such as 7d"),
        .value("--max-msg-size", "BYTES", "the largest message"),
        .value("--max-consumers", "N", "the most consumers"),
        .value("--dupe-window", "TIME", "how long a msg_id is recognised"),
        .value("--replicas", "N", "how many servers hold a copy"),
        .value("--compression", "KIND", "none (default) or s2").choosing(["none", "s2"]),
        .flag("--allow-direct", "every copy may answer reads"),
        .flag("--allow-rollup", "a message may take the place of those before it"),
        .flag("--allow-msg-ttl", "a message may say how long it lives"),
        .flag("--deny-delete", "nobody may remove a message"),
        .flag("--deny-purge", "nobody may purge it"),
        .value("--metadata", "K=V", repeats: true, "a note of the owner's; may repeat"),
        .value("--config", "FILE", "its configuration in the server's JSON; options win over it"),
    ]

    /// The configuration of a new stream.
    static func new(
        _ name: String, _ arguments: ParsedArguments
    ) async throws(CommandFailure) -> StreamConfiguration {
        var configuration = StreamConfiguration(name: name, subjects: [])
        if let path = arguments["--config"] { configuration = try await read(path, name) }
        configuration.name = name
        try apply(arguments, to: &configuration)
        return configuration
    }

    /// - Parameter name: What the stream is called where the file does not say.
    private static func read(
        _ path: String, _ name: String
    ) async throws(CommandFailure) -> StreamConfiguration {
        let bytes = try await FileBytes.read(path)
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw CommandFailure(
                .integrity, code: error.code, stage: "read", target: path, detail: error.detail)
        }
        // What `stream info --json` prints holds it beside the state.
        var settings = value["config"] ?? value
        if case .object(var object) = settings, object["name"] == nil {
            object["name"] = .string(name)
            settings = .object(object)
        }
        do throws(JetStreamError) {
            return try StreamConfiguration(json: settings)
        } catch {
            throw CommandFailure(
                .integrity, code: error.code, stage: "read", target: path, detail: error.detail)
        }
    }

    /// Sets what the options say; everything else stays.
    static func apply(
        _ arguments: ParsedArguments, to configuration: inout StreamConfiguration
    ) throws(CommandFailure) {
        if arguments.has("--subjects") {
            configuration.subjects = []
            for text in try arguments.list("--subjects") {
                configuration.subjects.append(try BridgeAccess.pattern(text))
            }
        }
        if let text = arguments["--description"] { configuration.description = text }
        try setWords(arguments, &configuration)
        try setLimits(arguments, &configuration)
        if arguments.has("--allow-direct") { configuration.allowsDirectGet = true }
        if arguments.has("--allow-rollup") { configuration.allowsRollup = true }
        if arguments.has("--allow-msg-ttl") { configuration.allowsMessageTTL = true }
        if arguments.has("--deny-delete") { configuration.deniesDelete = true }
        if arguments.has("--deny-purge") { configuration.deniesPurge = true }
        for (name, value) in try arguments.notes("--metadata") {
            configuration.metadata[name] = value
        }
    }

    private static func setWords(
        _ arguments: ParsedArguments, _ configuration: inout StreamConfiguration
    ) throws(CommandFailure) {
        if let word = try arguments.word("--storage") {
            configuration.storage = .init(rawValue: word)
        }
        if let word = try arguments.word("--retention") {
            configuration.retention = word == "work" ? .workQueue : .init(rawValue: word)
        }
        if let word = try arguments.word("--discard") {
            configuration.discard = .init(rawValue: word)
        }
        if let word = try arguments.word("--compression") {
            configuration.compression = .init(rawValue: word)
        }
    }

    private static func setLimits(
        _ arguments: ParsedArguments, _ configuration: inout StreamConfiguration
    ) throws(CommandFailure) {
        if let limit = try arguments.limit("--max-msgs") { configuration.maxMessages = limit.value }
        if let limit = try arguments.limit("--max-msgs-per-subject") {
            configuration.maxMessagesPerSubject = limit.value
        }
        if let limit = try arguments.sizeLimit("--max-bytes") {
            configuration.maxBytes = limit.value
        }
        if let limit = try arguments.spanLimit("--max-age") { configuration.maxAge = limit.value }
        if let limit = try arguments.sizeLimit("--max-msg-size") {
            configuration.maxMessageSize = limit.value
        }
        if let limit = try arguments.limit("--max-consumers") {
            configuration.maxConsumers = limit.value
        }
        if let window = try arguments.duration("--dupe-window") {
            configuration.duplicateWindow = window
        }
        if let count = try arguments.integer("--replicas", minimum: 1, maximum: 5) {
            configuration.replicas = count
        }
    }
}
