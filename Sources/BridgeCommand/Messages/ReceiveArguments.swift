internal import BridgeConsole
internal import NATSBridge
internal import NATSWire

/// What the commands take that receive messages: `receive`, `replay` and `request`.
enum ReceiveArguments {
    static let out = OptionSpecification.value(
        "--out", short: "-o", "DIR", "write each payload into a file there")
    static let limit = ArrowLimitOption.option
    static let memory = OptionSpecification.value(
        "--memory", "BYTES", "what payloads by link may hold in memory together (default 1GiB)")
    static let count = OptionSpecification.value(
        "--count", short: "-n", "N", "end after N messages")
    static let order = OptionSpecification.value(
        "--order", "ORDER",
        "in-order: one that is late is overtaken; strict: never; as-ready: each when it is ready"
    ).choosing(orders.map(\.word))
    static let keepsDuplicates = OptionSpecification.flag(
        "--keep-duplicates", "print a message again that was sent twice")

    /// The words of `--order`.
    private static let orders: [(word: String, order: ReceiveOptions.Order)] = [
        ("in-order", .inOrder), ("strict", .strict), ("as-ready", .asReady),
    ]

    /// How the library shall receive.
    static func options(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> ReceiveOptions {
        var options = ReceiveOptions()
        if let word = arguments["--order"] {
            guard let order = orders.first(where: { $0.word == word })?.order else {
                throw .usage(
                    "--order \"\(word)\" is no order", hint: "write in-order, strict or as-ready")
            }
            options.order = order
        }
        if arguments.has("--keep-duplicates") { options.dropsDuplicates = false }
        return options
    }

    /// The group of `--queue`.
    static func queue(_ arguments: ParsedArguments) throws(CommandFailure) -> QueueGroup? {
        guard let name = arguments["--queue"] else { return nil }
        do throws(SubjectError) { return try QueueGroup(name) } catch {
            throw .usage("--queue \"\(name)\": \(error)")
        }
    }
}
