// Theory of operation.
//
// A configuration is a table of settings: for each one its name in the server's JSON, the property
// that holds it, and the API level from which servers know it. Reading, writing, the gate for old
// servers and the list of what is known all come from the one table, so that none can forget a
// setting.
//
// What the server sends and the table does not name is kept as it came (`additional`), and sent
// back with an update: a server takes an update as the whole configuration, and would reset what
// is missing.
internal import BridgeBytes
package import BridgeJSON
internal import NATSWire

/// One setting of a configuration.
struct Setting<Owner: Sendable>: Sendable {
    typealias Property<Value> = any WritableKeyPath<Owner, Value> & Sendable

    /// Its name in the server's JSON.
    let name: String
    /// The API level from which servers know it.
    let level: Int
    /// Its value for the server; nil: it is left out, which the server takes for its default.
    let write: @Sendable (Owner) -> JSONValue?
    let read: @Sendable (inout Owner, JSONFields) throws(JetStreamError) -> Void

    init(
        _ name: String, level: Int = 0, write: @escaping @Sendable (Owner) -> JSONValue?,
        read: @escaping @Sendable (inout Owner, JSONFields) throws(JetStreamError) -> Void
    ) {
        self.name = name
        self.level = level
        self.write = write
        self.read = read
    }

    static func text(_ name: String, _ property: Property<String?>) -> Self {
        Setting(name) {
            $0[keyPath: property].map { .string($0) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.text(name).flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    static func flag(_ name: String, level: Int = 0, _ property: Property<Bool>) -> Self {
        Setting(name, level: level) {
            $0[keyPath: property] ? .bool(true) : nil
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.flag(name)
        }
    }

    /// A limit: nil is no limit, or the server's default, which is written as `none` if that is
    /// not nil.
    static func limit(_ name: String, none: Int? = nil, _ property: Property<Int?>) -> Self {
        Setting(name) {
            ($0[keyPath: property] ?? none).map { .number(JSONNumber($0)) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.limit(name)
        }
    }

    /// A sequence number; nil is none.
    static func sequence(_ name: String, _ property: Property<UInt64?>) -> Self {
        Setting(name) {
            $0[keyPath: property].map { .number(JSONNumber($0)) }
        } read: { (owner, fields) throws(JetStreamError) in
            let value = try fields.count(name)
            owner[keyPath: property] = value == 0 ? nil : value
        }
    }

    static func duration(
        _ name: String, level: Int = 0, none: Duration? = nil, _ property: Property<Duration?>
    ) -> Self {
        Setting(name, level: level) {
            ($0[keyPath: property] ?? none).map { .number(JSONNumber($0.wholeNanoseconds)) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.duration(name)
        }
    }

    static func time(
        _ name: String, level: Int = 0, _ property: Property<Timestamp?>
    ) -> Self {
        Setting(name, level: level) {
            $0[keyPath: property].map { .string($0.nanosecondText) }
        } read: { (owner, fields) throws(JetStreamError) in
            // The server writes year 1 for none.
            owner[keyPath: property] = try fields.timestamp(name)
                .flatMap { $0.seconds > 0 ? $0 : nil }
        }
    }

    static func word<Word: ServerWord>(_ name: String, _ property: Property<Word>) -> Self {
        Setting(name) {
            .string($0[keyPath: property].rawValue)
        } read: { (owner, fields) throws(JetStreamError) in
            guard let text = try fields.text(name) else { return }
            owner[keyPath: property] = Word(rawValue: text)
        }
    }

    static func word<Word: ServerWord>(
        _ name: String, level: Int = 0, _ property: Property<Word?>
    ) -> Self {
        Setting(name, level: level) {
            $0[keyPath: property].map { .string($0.rawValue) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.text(name)
                .flatMap { $0.isEmpty ? nil : Word(rawValue: $0) }
        }
    }

    static func texts(
        _ name: String, level: Int = 0, _ property: Property<[String]>
    ) -> Self {
        Setting(name, level: level) {
            let texts = $0[keyPath: property]
            return texts.isEmpty ? nil : .array(texts.map { .string($0) })
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.texts(name)
        }
    }

    static func durations(_ name: String, _ property: Property<[Duration]>) -> Self {
        Setting(name) {
            let spans = $0[keyPath: property]
            return spans.isEmpty
                ? nil : .array(spans.map { .number(JSONNumber($0.wholeNanoseconds)) })
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.durations(name)
        }
    }

    static func pattern(_ name: String, _ property: Property<SubjectPattern?>) -> Self {
        Setting(name) {
            $0[keyPath: property].map { .string($0.text) }
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.pattern(name)
        }
    }

    static func metadata(_ property: Property<[String: String]>) -> Self {
        Setting("metadata") {
            let entries = $0[keyPath: property].withoutServerNotes
            return entries.isEmpty ? nil : .object(JSONObject(entries))
        } read: { (owner, fields) throws(JetStreamError) in
            owner[keyPath: property] = try fields.dictionary("metadata")
        }
    }

    static func part<Part: Configured>(_ name: String, _ property: Property<Part?>) -> Self {
        Setting(name) {
            $0[keyPath: property].map { .object($0.json) }
        } read: { (owner, fields) throws(JetStreamError) in
            guard let fields = try fields.fields(name), !fields.object.isEmpty else {
                owner[keyPath: property] = nil
                return
            }
            owner[keyPath: property] = try Part(fields)
        }
    }

    static func parts<Part: Configured>(_ name: String, _ property: Property<[Part]>) -> Self {
        Setting(name) {
            let parts = $0[keyPath: property]
            return parts.isEmpty ? nil : .array(parts.map { .object($0.json) })
        } read: { (owner, fields) throws(JetStreamError) in
            var parts: [Part] = []
            for fields in try fields.list(name) { parts.append(try Part(fields)) }
            owner[keyPath: property] = parts
        }
    }
}

/// A configuration, or a part of one, that a table of settings describes.
protocol Configured: Sendable, Hashable {
    static var settings: [Setting<Self>] { get }
    /// What the server sent and the table does not name.
    var additional: JSONObject { get set }
    /// Nothing but defaults, to be filled from an answer.
    init(reading: Void)
    /// Levels that values of settings need, beyond those of the settings themselves.
    var levelOfParts: Int { get }
}

extension Configured {
    var levelOfParts: Int { 0 }

    init(_ fields: JSONFields) throws(JetStreamError) {
        self.init(reading: ())
        for setting in Self.settings { try setting.read(&self, fields) }
        let known = Set(Self.settings.map(\.name))
        for (key, value) in fields.object where !known.contains(key) { additional[key] = value }
    }

    /// The JSON object of the API.
    var json: JSONObject {
        var object = JSONObject()
        for setting in Self.settings { object[setting.name] = setting.write(self) }
        let known = Set(Self.settings.map(\.name))
        for (key, value) in additional where !known.contains(key) { object[key] = value }
        return object
    }

    /// The API level of the youngest setting that is in use.
    var requiredLevel: Int {
        let own = Self.settings.lazy.filter { $0.level > 0 && $0.write(self) != nil }
        return max(own.map(\.level).max() ?? 0, levelOfParts)
    }
}

extension StreamConfiguration {
    /// Reads the JSON of the API.
    package init(json: JSONValue) throws(JetStreamError) {
        try self.init(JSONFields(json, operation: "stream configuration"))
    }

    /// The JSON of the API.
    package var jsonValue: JSONValue { .object(json) }
}

extension ConsumerConfiguration {
    /// Reads the JSON of the API.
    package init(json: JSONValue) throws(JetStreamError) {
        try self.init(JSONFields(json, operation: "consumer configuration"))
    }

    /// The JSON of the API.
    package var jsonValue: JSONValue { .object(json) }
}
