public import BridgeBytes
public import BridgeJSON
internal import NATSJetStream
internal import NATSWire

/// What a store knows of an object.
public struct ObjectInfo: Sendable, Hashable {
    /// What an object is that stands for another.
    public struct Link: Sendable, Hashable {
        /// The store.
        public var bucket: String
        /// The object in it; nil: the whole store.
        public var name: String?
    }

    /// What the owner says of an object.
    public struct Notes: Sendable, Hashable {
        /// A sentence for people; nil: none.
        public var description: String?
        /// Headers, each with its values.
        public var headers: [String: [String]] = [:]
        /// Anything the owner wants to note down.
        public var metadata: [String: String] = [:]

        /// Nothing.
        public init(description: String? = nil) { self.description = description }
    }

    /// The name of the object: any text that is not empty.
    public var name: String
    /// The store that has it.
    public var bucket: String
    /// What the owner says of it.
    public var notes = Notes()
    /// Size in bytes; 0 for a link.
    public var size: UInt64 = 0
    /// Number of pieces in which it is stored.
    public var chunks = 0
    /// The identifier of its bytes, new with each put.
    public var id = ""
    /// The digest of its bytes, as the writer stated it: `SHA-256=` and base64; nil: none.
    public var digest: String?
    /// Whether it was removed.
    public var isDeleted = false
    /// Size of all pieces but the last, as the writer stated it; nil when it did not.
    public var chunkSize: Int?
    /// The object or store that it stands for; nil: it is none's.
    public var link: Link?
    /// When it was stored, by the server's clock; nil for one that is not stored yet.
    public var modified: Timestamp?
    /// What other writers say of it and has no property here.
    public var additional = JSONObject()
    /// What is wrong with what the store says of it, as somebody else has written it; nil: nothing.
    /// Such an object can be put anew or removed; nothing else is known of it.
    public internal(set) var fault: String?
}

extension ObjectInfo {
    private static let known: Set<String> = [
        "name", "bucket", "nuid", "size", "chunks", "mtime", "digest", "deleted", "description",
        "headers", "metadata", "options",
    ]

    /// Reads the message of an object, which anybody may have written: one that cannot be read
    /// stands in nobody's way but its own.
    init(
        _ message: Bytes, on subject: Subject, in names: ObjectNames, stored time: Timestamp
    ) {
        do throws(JetStreamError) { self = try ObjectInfo(message, stored: time, "") } catch {
            self.init(name: names.object(of: subject), bucket: names.bucket)
            (modified, fault) = (time, error.detail)
        }
    }

    /// Reads the message of an object.
    /// - Throws: `JetStreamError` with `unexpectedAnswer`.
    init(_ message: Bytes, stored time: Timestamp, _ operation: String) throws(JetStreamError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: message) } catch {
            throw Self.unreadable(operation, "not JSON")
        }
        guard let object = value.objectValue, let name = object["name"]?.stringValue, !name.isEmpty,
            let bucket = object["bucket"]?.stringValue
        else { throw Self.unreadable(operation, "it has no name or no bucket") }
        self.init(name: name, bucket: bucket)
        id = object["nuid"]?.stringValue ?? ""
        chunks = object["chunks"]?.intValue ?? 0
        isDeleted = object["deleted"]?.boolValue ?? false
        digest = object["digest"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        modified = time
        if case .number(let number)? = object["size"] {
            guard let size = number.integer(as: UInt64.self) else {
                throw Self.unreadable(operation, "its size is no size")
            }
            self.size = size
        }
        notes.description = object["description"]?.stringValue
        for (key, values) in object["headers"]?.objectValue ?? [:] {
            notes.headers[key] = values.arrayValue?.compactMap(\.stringValue)
        }
        for (key, text) in object["metadata"]?.objectValue ?? [:] {
            notes.metadata[key] = text.stringValue
        }
        let options = object["options"]?.objectValue
        chunkSize = options?["max_chunk_size"]?.intValue.flatMap { $0 > 0 ? $0 : nil }
        if let link = options?["link"]?.objectValue, let bucket = link["bucket"]?.stringValue {
            self.link = Link(
                bucket: bucket, name: link["name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 })
        }
        for (key, value) in object where !Self.known.contains(key) { additional[key] = value }
        guard isDeleted || link != nil || !id.isEmpty, chunks >= 0 else {
            throw Self.unreadable(operation, "it does not say which bytes it has")
        }
        // It becomes part of subjects: a pattern would be the bytes of all objects.
        guard id.isEmpty || ObjectNames.isIdentifier(id) else {
            throw Self.unreadable(operation, "its identifier is none")
        }
        if let link {
            guard ObjectNames.isBucket(link.bucket) else {
                throw Self.unreadable(operation, "its link leads to no store")
            }
        }
    }

    private static func unreadable(_ operation: String, _ detail: String) -> JetStreamError {
        JetStreamError(
            .unexpectedAnswer, operation: operation, detail: detail)
    }

    /// The message of the object.
    var message: Bytes {
        var object = JSONObject()
        object["name"] = .string(name)
        object["bucket"] = .string(bucket)
        object["nuid"] = .string(id)
        object["size"] = .number(JSONNumber(size))
        object["chunks"] = .number(JSONNumber(chunks))
        // The time is the message's; other readers want the field.
        object["mtime"] = "0001-01-01T00:00:00Z"
        if let digest { object["digest"] = .string(digest) }
        if isDeleted { object["deleted"] = true }
        if let description = notes.description { object["description"] = .string(description) }
        if !notes.headers.isEmpty {
            var headers = JSONObject()
            for (key, values) in notes.headers.sorted(by: { $0.key < $1.key }) {
                headers[key] = .array(values.map { .string($0) })
            }
            object["headers"] = .object(headers)
        }
        if !notes.metadata.isEmpty {
            var metadata = JSONObject()
            for (key, text) in notes.metadata.sorted(by: { $0.key < $1.key }) {
                metadata[key] = .string(text)
            }
            object["metadata"] = .object(metadata)
        }
        object["options"] = options
        for (key, value) in additional where !Self.known.contains(key) { object[key] = value }
        return JSONValue.object(object).encoded()
    }

    private var options: JSONValue? {
        var options = JSONObject()
        if let chunkSize { options["max_chunk_size"] = .number(JSONNumber(chunkSize)) }
        if let link {
            var target = JSONObject()
            target["bucket"] = .string(link.bucket)
            if let name = link.name { target["name"] = .string(name) }
            options["link"] = .object(target)
        }
        return options.isEmpty ? nil : .object(options)
    }

    /// Whether every piece but the last has the size that is stated, so that a place in the object
    /// is a place in one known piece.
    var hasEvenChunks: Bool {
        guard let chunkSize, chunks > 0, size > 0 else { return false }
        let (sum, isGreater) = size.addingReportingOverflow(UInt64(chunkSize) - 1)
        return !isGreater && sum / UInt64(chunkSize) == UInt64(chunks)
    }
}

extension ObjectInfo: CustomStringConvertible {
    /// Name, store and size.
    public var description: String {
        let what = isDeleted ? "deleted" : link.map { "link to \($0.bucket)" } ?? "\(size) bytes"
        return "ObjectInfo(\(name) of store \(bucket), \(what))"
    }
}
