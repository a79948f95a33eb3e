internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSKeyValue

/// `natsbridge kv put`, `create`, `update`, `get` and `history`: one key.
enum KeyCommands {
    static let key = OperandSpecification("KEY", .one, "the key")
    private static let value = OperandSpecification(
        "VALUE", .optional, "the value; without it the standard input")
    private static let writing = [BucketCommands.bucket, key, value]

    static let put = Command(
        specification: CommandSpecification(
            path: ["kv", "put"], summary: "gives a key a value", operands: writing,
            options: JetStreamAccess.options,
            examples: [
                "natsbridge kv put settings theme blue",
                "natsbridge kv put settings logo < logo.png",
            ]),
        run: { arguments, console throws(CommandFailure) in
            try await write("kv put", arguments, console) {
                (bucket, key, value) throws(JetStreamError) in
                try await bucket.put(value, for: key)
            }
        })

    static let create = Command(
        specification: CommandSpecification(
            path: ["kv", "create"], summary: "gives a key a value, if it has none",
            operands: writing,
            options: [.value("--ttl", "TIME", "how long the key lives")] + JetStreamAccess.options,
            notes: [
                """
                A key that has a value is an error (key_exists, exit code 6), so that of several
                programs one alone succeeds. --ttl wants a bucket with --marker-ttl.
                """
            ],
            examples: ["natsbridge kv create settings lock mine"]),
        run: { arguments, console throws(CommandFailure) in
            let life = try arguments.duration("--ttl", isPositive: true)
            return try await write("kv create", arguments, console) {
                (bucket, key, value) throws(JetStreamError) in
                try await bucket.create(value, for: key, timeToLive: life)
            }
        })

    static let update = Command(
        specification: CommandSpecification(
            path: ["kv", "update"], summary: "gives a key another value, if nobody was faster",
            operands: writing,
            options: [
                .value("--revision", "N", "the revision that the key must have")
            ] + JetStreamAccess.options,
            notes: [
                """
                A key that has another revision is left as it is (condition_failed, exit code 6).
                """
            ],
            examples: ["natsbridge kv update settings theme green --revision 1"]),
        run: { arguments, console throws(CommandFailure) in
            guard let revision = try arguments.sequence("--revision") else {
                throw .usage("--revision is missing", hint: "natsbridge kv get tells it")
            }
            return try await write("kv update", arguments, console) {
                (bucket, key, value) throws(JetStreamError) in
                try await bucket.update(value, for: key, expecting: revision)
            }
        })

    /// No server takes a larger message.
    private static let longestValue = 64 << 20

    private static func write(
        _ stage: String, _ arguments: ParsedArguments, _ console: Console,
        _ body:
            @escaping @Sendable (
                KeyValueBucket, String, Bytes
            ) async throws(JetStreamError) -> UInt64
    ) async throws(CommandFailure) -> ExitCode {
        let (bucket, key) = (arguments.operands[0], arguments.operands[1])
        let text = arguments.operands.count > 2 ? arguments.operands[2] : nil
        let revision = try await JetStreamAccess.run(stage, key, arguments, console) {
            jetStream throws(CommandFailure) in
            let value =
                if let text {
                    Bytes(utf8: text)
                } else {
                    try await FileBytes.read("-", longest: longestValue)
                }
            return try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await body(try await jetStream.keyValue(bucket), key, value)
            }
        }
        console.noteDone("the value is stored", outcome: "sent")
        KeyValueOutput.written(key, bucket, revision, console)
        return .ok
    }

    static let get = Command(
        specification: CommandSpecification(
            path: ["kv", "get"], summary: "prints the value of a key",
            operands: [BucketCommands.bucket, key],
            options: [
                .value("--revision", "N", "what it was at this revision"),
                .flag("--raw", "only the value's bytes, as they are"),
            ] + JetStreamAccess.options,
            examples: ["natsbridge kv get settings theme --raw"]),
        run: { arguments, console throws(CommandFailure) in
            let (name, key) = (arguments.operands[0], arguments.operands[1])
            let revision = try arguments.sequence("--revision")
            let entry = try await JetStreamAccess.run("kv get", key, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    let bucket = try await jetStream.keyValue(name)
                    guard let revision else { return try await bucket.get(key) }
                    return try await bucket.get(key, revision: revision)
                }
            }
            guard let entry, entry.operation == .put else {
                throw CommandFailure(
                    .notFound, code: .messageNotFound, stage: "kv get", target: key,
                    detail: "the key has no value\(revision.map { " at revision \($0)" } ?? "")")
            }
            show(entry, raw: arguments.has("--raw"), console)
            return .ok
        })

    private static func show(_ entry: KeyValueEntry, raw: Bool, _ console: Console) {
        if raw { return console.raw(entry.value) }
        if console.json { return console.line(KeyValueOutput.json(entry)) }
        console.line(
            TerminalText.line(
                "\(entry.bucket) > \(entry.key)  revision \(entry.revision)  \(entry.created)"))
        console.line("")
        console.line(KeyValueOutput.text(entry))
    }

    static let history = Command(
        specification: CommandSpecification(
            path: ["kv", "history"], summary: "prints what a key was, the oldest first",
            operands: [BucketCommands.bucket, key], options: JetStreamAccess.options,
            examples: ["natsbridge kv history settings theme"]),
        run: { arguments, console throws(CommandFailure) in
            let (name, key) = (arguments.operands[0], arguments.operands[1])
            let entries = try await JetStreamAccess.run("kv history", key, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.keyValue(name).history(of: key)
                }
            }
            guard !entries.isEmpty else {
                throw CommandFailure(
                    .notFound, code: .messageNotFound, stage: "kv history", target: key,
                    detail: "the key never had a value, or it is forgotten")
            }
            for entry in entries { KeyValueOutput.show(entry, console) }
            return .ok
        })
}
