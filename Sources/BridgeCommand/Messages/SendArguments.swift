internal import BridgeBytes
internal import BridgeConsole

/// What `send` and `request` take: payloads, and the envelope's fields.
enum SendArguments {
    static let operands = [
        OperandSpecification("SUBJECT", .one, "the subject to publish on"),
        OperandSpecification(
            "PAYLOAD", .oneOrMore, "NAME:TYPE=VALUE, or NAME:TYPE=@FILE (@- standard input)"),
    ]

    static let options: [OptionSpecification] = [
        .value("--correlation-id", "ID", "the flow that this message belongs to"),
        .value("--msg-id", "ID", "this message's id"),
        .value("--msg-purpose", "WORD", "ACK, NACK, updateStatus, shutdown or chat (default)"),
        .value("--sender-name", "NAME", "who sends"),
        .value("--sender-id", "ID", "the sender's id"),
        .value("--receiver-name", "NAME", "who shall receive (default: everybody)"),
        .value("--receiver-id", "ID", "the receiver's id"),
        .value("--reply-to", "SUBJECT", "where an answer is expected"),
        .value("--reply-to-msg-id", "ID", "the message that this one answers"),
        .value("--metadata", "JSON", "the envelope's metadata, a JSON object"),
        .value(
            "--header", short: "-H", "K=V", repeats: true,
            "a NATS header, also as 'K: V'; may repeat"),
        .value("--ttl", "TIME", "how long an uploaded payload is kept; stores count seconds"),
        .value(
            "--digest", "NAME",
            "the digest of uploads: xxh64 (default), or sha256 for peers that have no xxh64"
        ).choosing(["xxh64", "sha256"]),
        .flag(
            "--early-link",
            "send links before their uploads end, so that receivers read meanwhile; not to a"
                + " stream"),
        .flag(
            "--raw",
            "one media or binary payload as the message's raw body, its envelope in NATS headers"),
    ]

    static let note = """
        Types: \(PayloadArgument.types.joined(separator: ", ")).
        dictionary and jsontable take JSON, arrowtable an Arrow IPC stream or file; @@ begins a
        text with a literal @.
        """

    /// The digest that uploads get; nil where nothing is said of it.
    static func digest(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> ChecksumAlgorithm? {
        guard let name = arguments["--digest"] else { return nil }
        if let digest = ChecksumAlgorithm(rawValue: name.lowercased()) { return digest }
        let known = ChecksumAlgorithm.allCases.map(\.rawValue).joined(separator: " or ")
        throw .usage("--digest \"\(name)\" is not known", hint: "write \(known)")
    }
}
