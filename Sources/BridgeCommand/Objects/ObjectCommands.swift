internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSObjectStore

/// `natsbridge object ls`, `add`, `info` and `rm`: object stores, and what is in them.
enum ObjectCommands {
    static let bucket = OperandSpecification("STORE", .one, "the name of the object store")
    static let object = OperandSpecification("OBJECT", .one, "the name of the object")

    static let list = Command(
        specification: CommandSpecification(
            path: ["object", "ls"], aliases: ["list", "stores"],
            summary: "lists the object stores, or the objects of one",
            operands: [OperandSpecification("STORE", .optional, "list the objects of this store")],
            options: JetStreamAccess.options,
            examples: ["natsbridge object ls", "natsbridge object ls photos"]),
        run: { arguments, console throws(CommandFailure) in
            if let name = arguments.operands.first {
                return try await listObjects(of: name, arguments, console)
            }
            let stores = try await JetStreamAccess.run("object ls", nil, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    var found: [ObjectStoreText.Store] = []
                    for name in try await jetStream.objectStoreNames().sorted() {
                        found.append(
                            (name, try await jetStream.objectStore(name).streamInfo()))
                    }
                    return found
                }
            }
            ObjectStoreText.show(stores, console)
            return .ok
        })

    private static func listObjects(
        of name: String, _ arguments: ParsedArguments, _ console: Console
    ) async throws(CommandFailure) -> ExitCode {
        let objects = try await JetStreamAccess.run("object ls", name, arguments, console) {
            jetStream throws(CommandFailure) in
            try await CommandFailure.jetStream { () throws(JetStreamError) in
                try await jetStream.objectStore(name).objects()
            }
        }
        ObjectStoreText.show(objects.sorted { $0.name < $1.name }, of: name, console)
        return .ok
    }

    static let info = Command(
        specification: CommandSpecification(
            path: ["object", "info"], aliases: ["status"],
            summary: "shows what an object store, or an object of it, is",
            operands: [bucket, OperandSpecification("OBJECT", .optional, "the object")],
            options: JetStreamAccess.options,
            examples: ["natsbridge object info photos cat.png --json"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            guard arguments.operands.count > 1 else {
                let info = try await JetStreamAccess.run("object info", name, arguments, console) {
                    jetStream throws(CommandFailure) in
                    try await CommandFailure.jetStream { () throws(JetStreamError) in
                        try await jetStream.objectStore(name).streamInfo()
                    }
                }
                ObjectStoreText.show(name, info, console)
                return .ok
            }
            let object = arguments.operands[1]
            let info = try await JetStreamAccess.run("object info", object, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.objectStore(name).info(object)
                }
            }
            guard let info else {
                throw CommandFailure(
                    .notFound, code: .objectNotFound, stage: "object info", target: object,
                    detail: "store \(name) has no object of that name")
            }
            ObjectStoreText.show(info, console)
            return .ok
        })

    static let add = Command(
        specification: CommandSpecification(
            path: ["object", "add"], aliases: ["create", "new"], summary: "makes an object store",
            operands: [bucket],
            options: [
                .value("--description", "TEXT", "a sentence for people"),
                .value("--ttl", "TIME", "the age at which an object goes"),
                .value("--storage", "KIND", "file (default) or memory").choosing(["file", "memory"]
                ),
                .value("--max-bucket-size", "BYTES", "the most bytes of all objects"),
                .value("--replicas", "N", "how many servers hold a copy"),
                .flag("--compress", "objects are compressed on disk"),
                .value("--metadata", "K=V", repeats: true, "a note of the owner's; may repeat"),
            ] + JetStreamAccess.options,
            examples: ["natsbridge object add photos --ttl 30d"]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let settings = try configuration(name, arguments)
            let info = try await JetStreamAccess.run("object add", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.createObjectStore(settings).streamInfo()
                }
            }
            ObjectStoreText.show(name, info, console)
            return .ok
        })

    private static func configuration(
        _ name: String, _ arguments: ParsedArguments
    ) throws(CommandFailure) -> ObjectStoreConfiguration {
        var settings = ObjectStoreConfiguration(bucket: name)
        settings.description = arguments["--description"]
        settings.timeToLive = try arguments.duration("--ttl", isPositive: true)
        if let word = try arguments.word("--storage") { settings.storage = .init(rawValue: word) }
        settings.maxBytes = try arguments.byteCount("--max-bucket-size", minimum: 1)
        if let count = try arguments.integer("--replicas", minimum: 1, maximum: 5) {
            settings.replicas = count
        }
        settings.isCompressed = arguments.has("--compress")
        settings.metadata = try arguments.notes("--metadata")
        return settings
    }

    static let remove = Command(
        specification: CommandSpecification(
            path: ["object", "rm"], aliases: ["del", "delete"],
            summary: "removes an object, or without one the store",
            operands: [bucket, OperandSpecification("OBJECT", .optional, "the object")],
            options: [Confirmation.option] + JetStreamAccess.options,
            examples: [
                "natsbridge object rm photos cat.png --force",
                "natsbridge object rm photos --force",
            ]),
        run: { arguments, console throws(CommandFailure) in
            let name = arguments.operands[0]
            let object = arguments.operands.count > 1 ? arguments.operands[1] : nil
            try await Confirmation.ask(
                object.map { "remove object \($0) of store \(name)" }
                    ?? "remove store \(name) with all its objects", arguments)
            try await JetStreamAccess.run("object rm", object ?? name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    if let object {
                        try await jetStream.objectStore(name).delete(object)
                    } else {
                        try await jetStream.deleteObjectStore(name)
                    }
                }
            }
            if console.json {
                var line = JSONObject()
                line["store"] = .string(name)
                line["object"] = object.map { .string($0) }
                line["removed"] = true
                console.line(.object(line))
            }
            return .ok
        })
}
