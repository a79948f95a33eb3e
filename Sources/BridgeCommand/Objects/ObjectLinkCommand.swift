internal import BridgeConsole
internal import NATSJetStream
internal import NATSObjectStore

/// `natsbridge object link`: an object that stands for another one, or for a store.
enum ObjectLinkCommand {
    static let command = Command(
        specification: CommandSpecification(
            path: ["object", "link"], summary: "makes a link to an object, or to a whole store",
            operands: [
                ObjectCommands.bucket, OperandSpecification("LINK", .one, "the name of the link"),
                OperandSpecification("OBJECT", .optional, "what it leads to; none: a store"),
            ],
            options: [
                .value("--target-store", "NAME", "the store it leads to (default STORE)")
            ] + JetStreamAccess.options,
            notes: [
                """
                Whoever gets LINK gets OBJECT. A link leads to no other link, and takes no object's
                place.
                """
            ],
            examples: [
                "natsbridge object link photos newest cat.png",
                "natsbridge object link photos all --target-store photos",
            ]),
        run: { arguments, console throws(CommandFailure) in
            let (store, name) = (arguments.operands[0], arguments.operands[1])
            let object = arguments.operands.count > 2 ? arguments.operands[2] : nil
            let target = arguments["--target-store"] ?? store
            guard object != nil || arguments["--target-store"] != nil else {
                throw .usage(
                    "OBJECT is missing", hint: "without one, --target-store NAME says which store")
            }
            let info = try await JetStreamAccess.run("object link", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await link(name, in: store, to: object, of: target, jetStream)
            }
            ObjectStoreText.show(info, console)
            return .ok
        })

    private static func link(
        _ name: String, in store: String, to object: String?, of target: String,
        _ jetStream: JetStream
    ) async throws(CommandFailure) -> ObjectInfo {
        try await CommandFailure.jetStream { () throws(JetStreamError) in
            let bucket = try await jetStream.objectStore(store)
            let other = try await jetStream.objectStore(target)
            guard let object else { return try await bucket.link(name, to: other) }
            guard let info = try await other.info(object) else {
                throw JetStreamError(
                    .objectNotFound, operation: "object link", stream: other.streamName,
                    detail: "store \(target) has no object \(object)")
            }
            return try await bucket.link(name, to: info)
        }
    }
}
