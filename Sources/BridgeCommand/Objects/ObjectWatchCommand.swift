internal import BridgeBytes
internal import BridgeConsole
internal import NATSJetStream
internal import NATSObjectStore
internal import Synchronization

/// `natsbridge object watch`: what becomes of objects, as it happens.
enum ObjectWatchCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["object", "watch"], summary: "prints the objects of a store, and each change",
            operands: [ObjectCommands.bucket],
            options: [
                .flag("--updates-only", "begin with what is new"),
                .flag("--ignore-deletes", "print no removals"),
                .value("--count", short: "-n", "N", "end after N lines"),
            ] + JetStreamAccess.options,
            notes: [
                """
                The standard error says when all is printed that was there before. It ends with
                --timeout, which is then the wanted end unless --count is given, or Ctrl-C. Of
                changes that follow each other quickly only the last may be told.
                """
            ],
            examples: ["natsbridge object watch photos --json"]),
        run: { arguments, console throws(CommandFailure) in
            var options = ObjectWatchOptions()
            if arguments.has("--updates-only") { options.start = .updatesOnly }
            options.ignoresDeletes = arguments.has("--ignore-deletes")
            let count = try arguments.integer("--count", minimum: 1)
            let (name, settings) = (arguments.operands[0], options)
            let progress = Progress()
            do throws(CommandFailure) {
                try await JetStreamAccess.run(
                    "object watch", name, arguments, console, hasEnd: false
                ) { jetStream throws(CommandFailure) in
                    try await watch(name, settings, count, progress, jetStream, console)
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
        _ name: String, _ options: ObjectWatchOptions, _ count: Int?, _ progress: Progress,
        _ jetStream: JetStream, _ console: Console
    ) async throws(CommandFailure) {
        try await CommandFailure.jetStream { () throws(JetStreamError) in
            let store = try await jetStream.objectStore(name)
            var changes = store.watch(options).makeAsyncIterator()
            var shown = 0
            while let change = try await changes.next() {
                guard let object = change.object else {
                    progress.hasCaughtUp.store(true, ordering: .relaxed)
                    console.remark("watching \(name)")
                    continue
                }
                ObjectStoreText.show(change: object, console)
                shown += 1
                if shown == count { return }
            }
        }
    }
}
