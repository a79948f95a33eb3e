internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSKeyValue

/// `natsbridge kv ls`, `add` and `info`: buckets, and the keys of one.
enum BucketCommands {
    static let bucket = OperandSpecification("BUCKET", .one, "the name of the bucket")

    static let list = Command(
        specification: CommandSpecification(
            path: ["kv", "ls"], aliases: ["list", "buckets", "keys"],
            summary: "lists the buckets, or the keys of one",
            operands: [
                OperandSpecification("BUCKET", .optional, "list the keys of this bucket")
            ],
            options: [
                .value("--filter", "KEY", repeats: true, "only such keys, with * and >; may repeat")
            ] + JetStreamAccess.options,
            examples: ["natsbridge kv ls", "natsbridge kv ls settings"]),
        run: { arguments, console throws(CommandFailure) in
            guard let name = arguments.operands.first else {
                guard !arguments.has("--filter") else {
                    throw .usage("--filter is for the keys of a bucket", hint: "name the BUCKET")
                }
                return try await listBuckets(arguments, console)
            }
            let filters = arguments.all("--filter")
            let keys = try await JetStreamAccess.run("kv ls", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.keyValue(name).keys(matching: filters)
                }
            }
            for key in keys.sorted() {
                if console.json { console.line(["key": .string(key)]) } else { console.line(key) }
            }
            return .ok
        })

    private static func listBuckets(
        _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let buckets = try await JetStreamAccess.run("kv ls", nil, arguments, console) {
            jetStream throws(CommandFailure) in
            try await CommandFailure.jetStream { () throws(JetStreamError) in
                var found: [(name: String, status: KeyValueStatus)] = []
                for name in try await jetStream.keyValueNames().sorted() {
                    found.append((name, try await jetStream.keyValue(name).status()))
                }
                return found
            }
        }
        if console.json {
            for bucket in buckets { console.line(json(bucket.name, bucket.status)) }
            return .ok
        }
        guard !buckets.isEmpty else {
            console.remark("natsbridge: there are no buckets")
            return .ok
        }
        var table = TextTable([
            .init("bucket"), .init("description"), .init("values", isNumeric: true),
            .init("size", isNumeric: true), .init("history", isNumeric: true),
            .init("time to live", isNumeric: true),
        ])
        for (name, status) in buckets {
            let settings = status.configuration
            table.append([
                name, settings.description ?? "", JetStreamText.count(status.values),
                JetStreamText.size(status.bytes), Figures.grouped(settings.history),
                JetStreamText.spanLimit(settings.timeToLive),
            ])
        }
        for line in table.lines(within: Terminal.width) { console.line(line) }
        return .ok
    }

    static let info = Command(
        specification: CommandSpecification(
            path: ["kv", "info"], aliases: ["status"], summary: "shows what a bucket is and holds",
            operands: [bucket], options: JetStreamAccess.options,
            examples: ["natsbridge kv info settings --json"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let status = try await JetStreamAccess.run("kv info", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.keyValue(name).status()
                }
            }
            show(name, status, console)
            return .ok
        })

    static let add = Command(
        specification: CommandSpecification(
            path: ["kv", "add"], aliases: ["new"], summary: "makes a bucket", operands: [bucket],
            options: [
                .value("--description", "TEXT", "a sentence for people"),
                .value("--history", "N", "how many values of a key are kept, 1 (default) to 64"),
                .value("--ttl", "TIME", "the age at which a value goes"),
                .value(
                    "--marker-ttl", "TIME",
                    "how long a mark stands where a value has expired; lets keys have a --ttl"),
                .value("--storage", "KIND", "file (default) or memory").choosing(["file", "memory"]
                ),
                .value("--max-value-size", "BYTES", "the largest value"),
                .value("--max-bucket-size", "BYTES", "the most bytes of all values"),
                .value("--replicas", "N", "how many servers hold a copy"),
                .flag("--compress", "values are compressed on disk"),
                .value("--metadata", "K=V", repeats: true, "a note of the owner's; may repeat"),
            ] + JetStreamAccess.options,
            examples: ["natsbridge kv add settings --history 5"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let settings = try configuration(name, arguments)
            let status = try await JetStreamAccess.run("kv add", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.createKeyValue(settings).status()
                }
            }
            show(name, status, console)
            return .ok
        })

    private static func configuration(
        _ name: String, _ arguments: ParsedArguments
    ) throws(CommandFailure) -> KeyValueConfiguration {
        var settings = KeyValueConfiguration(bucket: name)
        settings.description = arguments["--description"]
        if let count = try arguments.integer("--history", minimum: 1, maximum: 64) {
            settings.history = count
        }
        settings.timeToLive = try arguments.duration("--ttl", isPositive: true)
        settings.limitMarkerTTL = try arguments.duration("--marker-ttl", isPositive: true)
        if let word = try arguments.word("--storage") { settings.storage = .init(rawValue: word) }
        settings.maxValueSize = try arguments.byteCount("--max-value-size", minimum: 1)
        settings.maxBytes = try arguments.byteCount("--max-bucket-size", minimum: 1)
        if let count = try arguments.integer("--replicas", minimum: 1, maximum: 5) {
            settings.replicas = count
        }
        settings.isCompressed = arguments.has("--compress")
        settings.metadata = try arguments.notes("--metadata")
        return settings
    }

    private static func show(_ name: String, _ status: KeyValueStatus, _ console: Console) {
        if console.json { return console.line(json(name, status)) }
        let settings = status.configuration
        JetStreamText.block(
            name,
            [
                ("description", settings.description),
                ("storage", JetStreamText.storage(settings.storage, settings.replicas)),
                ("history", Figures.grouped(settings.history)),
                ("time to live", JetStreamText.spanLimit(settings.timeToLive)),
                ("marks of what expired", settings.limitMarkerTTL.map(JetStreamText.span)),
                ("largest value", JetStreamText.sizeLimit(settings.maxValueSize)),
                ("most bytes", JetStreamText.sizeLimit(settings.maxBytes)),
                ("compressed", settings.isCompressed ? "yes" : nil),
                ("values and marks", JetStreamText.count(status.values)),
                ("size", JetStreamText.size(status.bytes)),
                ("last revision", JetStreamText.count(status.revision)),
            ], console)
    }

    private static func json(_ name: String, _ status: KeyValueStatus) -> JSONValue {
        let settings = status.configuration
        var object = JSONObject()
        object["bucket"] = .string(name)
        object["values"] = JetStreamJSON.number(status.values)
        object["bytes"] = JetStreamJSON.number(status.bytes)
        object["revision"] = JetStreamJSON.number(status.revision)
        object["history"] = JSONValue(settings.history)
        object["ttl_seconds"] = settings.timeToLive.map { JSONValue(Figures.seconds($0)) } ?? .null
        object["stream"] = JetStreamJSON.stream(status.info)
        return .object(object)
    }
}
