internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSKeyValue

/// `natsbridge kv del` and `purge`: a key, or a whole bucket, goes.
enum KeyRemovalCommands {
    static let delete = Command(
        specification: CommandSpecification(
            path: ["kv", "del"], aliases: ["rm", "delete"],
            summary: "removes a key, or without one the bucket",
            operands: [
                BucketCommands.bucket, OperandSpecification("KEY", .optional, "the key"),
            ],
            options: [
                .value("--revision", "N", "only if this is the key's last revision"),
                Confirmation.option,
            ] + JetStreamAccess.options,
            notes: ["A key's history stays, as far as the bucket keeps one; see `kv purge`."],
            examples: [
                "natsbridge kv del settings theme --force", "natsbridge kv del settings --force",
            ]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let revision = try arguments.sequence("--revision")
            guard arguments.operands.count > 1 else {
                guard revision == nil else { throw .usage("--revision is for a KEY") }
                try await Confirmation.ask("remove bucket \(name) with all its keys", arguments)
                try await JetStreamAccess.run("kv del", name, arguments, console) {
                    jetStream throws(CommandFailure) in
                    try await CommandFailure.jetStream { () throws(JetStreamError) in
                        try await jetStream.deleteKeyValue(name)
                    }
                }
                if console.json { console.line(["bucket": .string(name), "removed": true]) }
                return .ok
            }
            return try await remove("kv del", "remove key", arguments, console) {
                (bucket, key) throws(JetStreamError) in
                try await bucket.delete(key, expecting: revision)
            }
        })

    static let purge = Command(
        specification: CommandSpecification(
            path: ["kv", "purge"], summary: "removes a key with its history",
            operands: [BucketCommands.bucket, KeyCommands.key],
            options: [
                .value("--revision", "N", "only if this is the key's last revision"),
                Confirmation.option,
            ] + JetStreamAccess.options,
            examples: ["natsbridge kv purge settings theme --force"]),
        run: { arguments, console throws(CommandFailure) in
            let revision = try arguments.sequence("--revision")
            return try await remove("kv purge", "remove all of key", arguments, console) {
                (bucket, key) throws(JetStreamError) in
                try await bucket.purge(key, expecting: revision)
            }
        })

    private static func remove(
        _ stage: String, _ deed: String, _ arguments: ParsedArguments, _ console: Console,
        _ body: @escaping @Sendable (KeyValueBucket, String) async throws(JetStreamError) -> Void
    ) async throws(CommandFailure) -> ExitCode {
        let (name, key) = (arguments.operands[0], arguments.operands[1])
        try await Confirmation.ask("\(deed) \(key) of bucket \(name)", arguments)
        try await JetStreamAccess.run(stage, key, arguments, console) {
            jetStream throws(CommandFailure) in
            try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await body(try await jetStream.keyValue(name), key)
            }
        }
        if console.json {
            console.line(["bucket": .string(name), "key": .string(key), "removed": true])
        }
        return .ok
    }
}
