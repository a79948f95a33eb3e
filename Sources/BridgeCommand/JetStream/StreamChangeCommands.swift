internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream

/// `natsbridge stream add`, `edit`, `purge` and `rm`: what changes a stream.
enum StreamChangeCommands {
    static let add = Command(
        specification: CommandSpecification(
            path: ["stream", "add"], aliases: ["create", "new"], summary: "makes a stream",
            operands: [StreamCommands.stream],
            options: StreamSettings.options + JetStreamAccess.options,
            notes: [
                """
                A stream of that name with the same settings is left as it is; with other settings
                that is an error. Without --subjects it stores the subject that is its name.
                """
            ],
            examples: ["natsbridge stream add ORDERS --subjects 'orders.>' --max-age 7d"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let configuration = try await StreamSettings.new(name, arguments)
            let info = try await JetStreamAccess.run("stream add", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.createStream(configuration)
                }
            }
            StreamCommands.show(info, console)
            return .ok
        })

    static let edit = Command(
        specification: CommandSpecification(
            path: ["stream", "edit"], aliases: ["update"],
            summary: "changes the settings of a stream", operands: [StreamCommands.stream],
            options: StreamSettings.options.filter { $0.name != "--config" }
                + JetStreamAccess.options,
            notes: ["What no option names stays as it is; the server refuses what cannot change."],
            examples: ["natsbridge stream edit ORDERS --max-age 14d --max-bytes 500MB"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let info = try await JetStreamAccess.run("stream edit", name, arguments, console) {
                jetStream throws(CommandFailure) in
                var settings = try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.streamInfo(name).configuration
                }
                try StreamSettings.apply(arguments, to: &settings)
                let changed = settings
                return try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.updateStream(changed)
                }
            }
            StreamCommands.show(info, console)
            return .ok
        })

    static let purge = Command(
        specification: CommandSpecification(
            path: ["stream", "purge"], summary: "removes messages of a stream, or all",
            operands: [StreamCommands.stream],
            options: [
                .value("--subject", "SUBJECT", "only of this subject; may hold * and >"),
                .value("--seq", "N", "only those before this number"),
                .value("--keep", "N", "all but the last N"),
                Confirmation.option,
            ] + JetStreamAccess.options,
            examples: ["natsbridge stream purge ORDERS --subject orders.old --force"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let subject = try arguments["--subject"].map { text throws(CommandFailure) in
                try BridgeAccess.pattern(text)
            }
            let before = try arguments.sequence("--seq")
            let keep = try arguments.integer("--keep").map { UInt64($0) }
            guard before == nil || keep == nil else {
                throw .usage("--seq and --keep contradict each other")
            }
            try await Confirmation.ask("remove messages of stream \(name)", arguments)
            let count = try await JetStreamAccess.run("stream purge", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.purgeStream(
                        name, subject: subject, before: before, keeping: keep)
                }
            }
            if console.json {
                console.line(["stream": .string(name), "purged": JetStreamJSON.number(count)])
            } else {
                console.line("\(name)  \(JetStreamText.count(count)) messages removed")
            }
            return .ok
        })

    static let remove = Command(
        specification: CommandSpecification(
            path: ["stream", "rm"], aliases: ["del", "delete"],
            summary: "removes a stream with its messages, or some of these",
            operands: [
                StreamCommands.stream,
                OperandSpecification("SEQUENCE", .any, "only the messages of these numbers"),
            ],
            options: [Confirmation.option] + JetStreamAccess.options,
            examples: [
                "natsbridge stream rm ORDERS 1 --force", "natsbridge stream rm ORDERS --force",
            ]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let numbers = try arguments.operands.dropFirst().map { text throws(CommandFailure) in
                guard let number = UInt64(text), number > 0 else {
                    throw .usage("\"\(text)\" is no number of a message")
                }
                return number
            }
            let what = numbers.isEmpty ? "all of it" : "\(numbers.count) of its messages"
            try await Confirmation.ask("remove stream \(name), \(what)", arguments)
            try await JetStreamAccess.run("stream rm", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await remove(numbers, of: name, jetStream, console)
            }
            return .ok
        })

    /// Removes messages one after the other, or the stream when none is named; tells what is
    /// removed, also when the next one cannot be.
    private static func remove(
        _ numbers: [UInt64], of name: String, _ jetStream: JetStream, _ console: Console
    ) async throws(CommandFailure) {
        guard !numbers.isEmpty else {
            try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await jetStream.deleteStream(name)
            }
            if console.json { console.line(["stream": .string(name), "removed": true]) }
            return
        }
        var removed: [UInt64] = []
        defer {
            if removed.isEmpty {
                // The failure says the rest.
            } else if console.json {
                console.line([
                    "stream": .string(name),
                    "removed": .array(removed.map { JetStreamJSON.number($0) }),
                ])
            } else if removed.count < numbers.count {
                let list = removed.map { "\($0)" }.joined(separator: ", ")
                console.remark("natsbridge: removed of \(name): \(list); not the rest")
            }
        }
        for number in numbers {
            try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await jetStream.deleteMessage(number, in: name)
            }
            removed.append(number)
        }
    }
}
