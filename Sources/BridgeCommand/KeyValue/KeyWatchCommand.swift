internal import BridgeBytes
internal import BridgeConsole
internal import NATSJetStream
internal import NATSKeyValue
internal import Synchronization

/// `natsbridge kv watch`: what becomes of keys, as it happens.
enum KeyWatchCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["kv", "watch"], summary: "prints the values of keys, and each change of them",
            operands: [
                BucketCommands.bucket,
                OperandSpecification("KEY", .any, "only such keys, with * and >"),
            ],
            options: [
                .flag("--history", "begin with all that the bucket keeps"),
                .flag("--updates-only", "begin with what is new"),
                .flag("--ignore-deletes", "print no removals"),
                .value("--count", short: "-n", "N", "end after N lines"),
            ] + JetStreamAccess.options,
            notes: [
                """
                The standard error says when all is printed that was there before. It ends with
                --timeout, which is then the wanted end unless --count is given, or Ctrl-C. Where
                the connection was lost, the last value of each key is shown that changed; values
                that a bucket without enough history has overwritten meanwhile are not.
                """
            ],
            examples: ["natsbridge kv watch settings 'theme.>' --json"]),
        run: { arguments, console throws(CommandFailure) in
            var options = KeyValueWatchOptions()
            guard !arguments.has("--history") || !arguments.has("--updates-only") else {
                throw .usage("--history and --updates-only contradict each other")
            }
            if arguments.has("--history") { options.start = .history }
            if arguments.has("--updates-only") { options.start = .updatesOnly }
            options.ignoresDeletes = arguments.has("--ignore-deletes")
            let count = try arguments.integer("--count", minimum: 1)
            let (name, keys) = (arguments.operands[0], Array(arguments.operands.dropFirst()))
            let settings = options
            let progress = Progress()
            do throws(CommandFailure) {
                try await JetStreamAccess.run(
                    "kv watch", name, arguments, console, hasEnd: false
                ) { jetStream throws(CommandFailure) in
                    // The last value of each key is always shown; those between may be gone.
                    try await ConnectionReport.during(
                        jetStream.client, console,
                        gap: "; changes that were overwritten meanwhile are not shown"
                    ) { () throws(CommandFailure) in
                        try await watch(name, keys, settings, count, progress, jetStream, console)
                    }
                }
            } catch {
                let wasWatching = progress.hasCaughtUp.load(ordering: .relaxed)
                guard error.isDeadline, count == nil, wasWatching else { throw error }
            }
            return .ok
        })

    /// Whether the watch has begun: time that is over before that is no wanted end.
    private final class Progress: Sendable {
        let hasCaughtUp = Atomic(false)
    }

    private static func watch(
        _ name: String, _ keys: [String], _ options: KeyValueWatchOptions, _ count: Int?,
        _ progress: Progress, _ jetStream: JetStream, _ console: Console
    ) async throws(CommandFailure) {
        try await CommandFailure.jetStream { () throws(JetStreamError) in
            let bucket = try await jetStream.keyValue(name)
            var changes = try bucket.watch(keys, options: options).makeAsyncIterator()
            var shown = 0
            while let change = try await changes.next() {
                guard let entry = change.entry else {
                    progress.hasCaughtUp.store(true, ordering: .relaxed)
                    console.remark("watching \(name)")
                    continue
                }
                KeyValueOutput.show(entry, console)
                shown += 1
                if shown == count { return }
            }
        }
    }
}
