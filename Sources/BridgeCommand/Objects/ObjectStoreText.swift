internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream
internal import NATSObjectStore

/// What object stores and objects are, on the standard output.
enum ObjectStoreText {
    typealias Store = (name: String, info: StreamInfo)

    static func show(_ stores: [Store], _ console: Console) {
        if console.json {
            for store in stores { console.line(json(store.name, store.info)) }
            return
        }
        guard !stores.isEmpty else {
            return console.remark("natsbridge: there are no object stores")
        }
        var table = TextTable([
            .init("store"), .init("description"), .init("size", isNumeric: true),
            .init("time to live", isNumeric: true), .init("last change", isNumeric: true),
        ])
        for (name, info) in stores {
            table.append([
                name, info.configuration.description ?? "", JetStreamText.size(info.state.bytes),
                JetStreamText.spanLimit(info.configuration.maxAge),
                JetStreamText.age(of: info.state.lastTime, at: info.serverTime),
            ])
        }
        for line in table.lines(within: Terminal.width) { console.line(line) }
    }

    static func show(_ objects: [ObjectInfo], of store: String, _ console: Console) {
        if console.json {
            for object in objects { console.line(json(object)) }
            return
        }
        guard !objects.isEmpty else { return console.remark("natsbridge: \(store) is empty") }
        var table = TextTable([
            .init("object"), .init("size", isNumeric: true), .init("stored"), .init("description"),
        ])
        for object in objects {
            table.append([
                object.name, size(object), object.modified?.description ?? "",
                object.fault.map { "cannot be read: \($0)" } ?? object.notes.description ?? "",
            ])
        }
        for line in table.lines(within: Terminal.width) { console.line(line) }
    }

    private static func size(_ object: ObjectInfo) -> String {
        if object.fault != nil { return "" }
        return object.link == nil ? JetStreamText.size(object.size) : "link"
    }

    static func show(_ name: String, _ info: StreamInfo, _ console: Console) {
        if console.json { return console.line(json(name, info)) }
        let settings = info.configuration
        JetStreamText.block(
            name,
            [
                ("description", settings.description),
                ("storage", JetStreamText.storage(settings.storage, settings.replicas)),
                ("time to live", JetStreamText.spanLimit(settings.maxAge)),
                ("most bytes", JetStreamText.sizeLimit(settings.maxBytes)),
                ("sealed", settings.isSealed ? "yes" : nil),
                ("size", JetStreamText.size(info.state.bytes)),
            ], console)
    }

    static func show(_ object: ObjectInfo, _ console: Console) {
        if console.json { return console.line(json(object)) }
        let link = object.link.map { "\($0.bucket) > \($0.name ?? "the whole store")" }
        JetStreamText.block(
            "\(object.bucket) > \(object.name)",
            [
                ("description", object.notes.description), ("link to", link),
                ("size", JetStreamText.size(object.size)),
                ("pieces", Figures.grouped(object.chunks)), ("digest", object.digest),
                ("stored", object.modified?.description),
            ] + object.notes.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            console)
    }

    /// One line for a change.
    static func show(change object: ObjectInfo, _ console: Console) {
        if console.json {
            guard case .object(var line) = json(object) else { return }
            line["operation"] = object.isDeleted ? "DEL" : "PUT"
            return console.line(.object(line))
        }
        let time = object.modified?.description ?? ""
        let link = object.link.map { "link to \($0.bucket) > \($0.name ?? "the whole store")" }
        let fault = object.fault.map { "cannot be read: \($0)" }
        let what =
            object.isDeleted ? "" : "  " + (fault ?? link ?? JetStreamText.size(object.size))
        console.line(
            TerminalText.line(
                "\(time)  \(object.isDeleted ? "DEL" : "PUT")  \(object.name)\(what)"))
    }

    private static func json(_ name: String, _ info: StreamInfo) -> JSONValue {
        [
            "store": .string(name), "bytes": JetStreamJSON.number(info.state.bytes),
            "stream": JetStreamJSON.stream(info),
        ]
    }

    static func json(_ object: ObjectInfo) -> JSONValue {
        var line = JSONObject()
        line["store"] = .string(object.bucket)
        line["object"] = .string(object.name)
        line["description"] = object.notes.description.map { .string($0) }
        line["size"] = JetStreamJSON.number(object.size)
        line["chunks"] = JSONValue(object.chunks)
        line["digest"] = object.digest.map { .string($0) } ?? .null
        // What has just been put does not know it.
        if let time = object.modified { line["modified"] = JetStreamJSON.time(time) }
        if let fault = object.fault { line["fault"] = .string(fault) }
        if let link = object.link {
            line["link"] = [
                "store": .string(link.bucket), "object": link.name.map { .string($0) } ?? .null,
            ]
        }
        if !object.notes.metadata.isEmpty {
            line["metadata"] = .object(
                object.notes.metadata.sorted { $0.key < $1.key }.reduce(into: JSONObject()) {
                    $0[$1.key] = .string($1.value)
                })
        }
        return .object(line)
    }
}
