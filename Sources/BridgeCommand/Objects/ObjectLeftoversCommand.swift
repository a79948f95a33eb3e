internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSObjectStore

/// `natsbridge object leftovers`: what takes room in a store and belongs to no object.
enum ObjectLeftoversCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["object", "leftovers"],
            summary: "lists what belongs to no object and takes room, or removes it",
            operands: [ObjectCommands.bucket],
            options: [
                .value(
                    "--older-than", "TIME", "only what nobody has added to for so long (default 1h)"
                ),
                .flag("--remove", "remove it"),
                Confirmation.option,
            ] + JetStreamAccess.options,
            notes: [
                """
                A put that is killed leaves the pieces that it had stored, and so does whoever may
                write into a store and not purge it. A put that pauses for longer than TIME looks
                the same.
                """
            ],
            examples: ["natsbridge object leftovers photos --older-than 1d --remove --force"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let age = try arguments.duration("--older-than") ?? .seconds(3600)
            let removes = arguments.has("--remove")
            if removes {
                try await Confirmation.ask(
                    "remove what belongs to no object of store \(name)", arguments)
            }
            let leftovers = try await JetStreamAccess.run(
                "object leftovers", name, arguments, console
            ) { jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    let store = try await jetStream.objectStore(name)
                    return removes
                        ? try await store.removeLeftovers(olderThan: age)
                        : try await store.leftovers(olderThan: age)
                }
            }
            show(leftovers, of: name, removed: removes, console)
            return .ok
        })

    private static func show(
        _ leftovers: [ObjectLeftover], of store: String, removed: Bool, _ console: Console
    ) {
        if console.json {
            for leftover in leftovers {
                console.line([
                    "store": .string(store), "id": .string(leftover.id),
                    "stored": JetStreamJSON.time(leftover.stored), "removed": .bool(removed),
                ])
            }
            return
        }
        guard !leftovers.isEmpty else {
            return console.remark("natsbridge: all that is in \(store) belongs to an object")
        }
        var table = TextTable([
            .init("put"), .init("last piece stored"),
        ])
        for leftover in leftovers { table.append([leftover.id, leftover.stored.description]) }
        for line in table.lines(within: Terminal.width) { console.line(line) }
        if removed { console.remark("natsbridge: \(leftovers.count) removed from \(store)") }
    }
}
