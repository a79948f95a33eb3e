public import ArrowIPC
public import BridgeBytes
internal import BridgeClaims
public import BridgeEnvelope
public import BridgeJSON

/// One payload of a received message.
public struct ReceivedPayload: Sendable {
    /// The sender's name for it.
    public let name: String
    /// The type as the sender wrote it.
    public let typeName: String
    /// The value; nil where `error` says why, and where raw bytes were asked for or links were
    /// not to be followed.
    public let value: PayloadValue?
    /// Why there is no value: its type is not known (the bytes are there all the same), its
    /// link cannot be had, or it is damaged or too large. Nil when nothing is wrong.
    public let error: BridgeError?
    /// The serialized payload, whatever its type. Empty when it could not be had, as `error` then
    /// says.
    public let bytes: Bytes
    /// The link that it came by; nil when it came inside the message.
    public let url: String?
    /// What the sender added, the integrity keys included.
    public let metadata: JSONObject

    /// How it came.
    public var transport: Transport { url == nil ? .direct : .link }

    /// The name of the digest that the sender states and that is not known here, so that the
    /// bytes could not be verified; nil when they were, or when no digest is stated.
    public var unverifiedDigest: String? {
        guard let text = metadata[IntegrityKey.checksum]?.stringValue,
            case .unknownName(let name) = ChecksumStatement(parsing: text)
        else { return nil }
        return name
    }

    /// Whether its bytes could not be had. Those of an unknown type, or of one that they do
    /// not fit, are there.
    public var isMissing: Bool { error.map { $0.stage != .deserialize } ?? false }
}

/// The value as what it is expected to be. Where it is something else, or could not be had, the
/// properties are nil and the calls throw; `error` says what is wrong.
extension ReceivedPayload {
    /// The text, if this is one.
    public var text: String? { if case .text(let text)? = value { text } else { nil } }

    /// The JSON, if this is a JSON value or a table in JSON.
    public var json: JSONValue? {
        switch value {
        case .json(let json), .jsonTable(let json): json
        default: nil
        }
    }

    /// The table, if this is one in Arrow's format.
    public var table: ArrowIPC.Table? { if case .table(let table)? = value { table } else { nil } }

    /// The JSON as a value of a type, if this is a JSON value or a table in JSON.
    /// - Throws: `BridgeError` in the stage `deserialize`: the payload's `error` if there is one,
    ///   `invalidContent` when this is no JSON, or the code of `JSONValue.decode(_:)` with the path
    ///   to what does not fit.
    /// - Complexity: O(values).
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self
    ) throws(BridgeError) -> Value {
        switch try known() {
        case .json(let json), .jsonTable(let json): try decoded(json)
        default: throw unexpected("no JSON")
        }
    }

    private func decoded<Value: Decodable>(_ json: JSONValue) throws(BridgeError) -> Value {
        do throws(JSONError) {
            return try json.decode(Value.self)
        } catch {
            throw failure(error)
        }
    }

    /// The rows of a table, in Arrow's format or in JSON, as values of a type, whose keys are the
    /// names of the columns.
    /// - Throws: `BridgeError` in the stage `deserialize`: the payload's `error` if there is one,
    ///   `invalidContent` when this is no table, or the code of `Table.rows(as:)` or
    ///   `JSONValue.decode(_:)` when a row does not fit.
    /// - Complexity: O(values).
    public func rows<Row: Decodable>(
        _ type: Row.Type = Row.self
    ) throws(BridgeError) -> [Row] {
        switch try known() {
        case .jsonTable(let rows): return try decoded(rows)
        case .table(let table):
            do throws(ArrowError) {
                return try table.rows(as: type)
            } catch {
                throw failure(error)
            }
        default: throw unexpected("no table")
        }
    }

    /// The value.
    /// - Throws: `BridgeError` when there is none.
    func known() throws(BridgeError) -> PayloadValue {
        if let value { return value }
        throw error
            ?? unexpected("no value: raw bytes were asked for, or its link was not followed")
    }

    func unexpected(_ found: String) -> BridgeError {
        BridgeError(.invalidContent, stage: .deserialize, detail: told("it is \(found)"))
    }

    private func failure(_ error: some CodedError) -> BridgeError {
        BridgeError(
            error, stage: .deserialize, detail: told(error.detail))
    }

    private func told(_ detail: String) -> String {
        "payload \(LogEvent.quoted(name)): \(detail)"
    }
}

extension ReceivedPayload: CustomStringConvertible {
    /// Name, kind, size and transport; never the content.
    public var description: String {
        let what = error.map { "not usable (\($0.code))" }
        let kind = value?.description ?? "\(typeName), \(bytes.count) bytes"
        return "\(LogEvent.quoted(name)): \(what ?? kind), \(transport)"
    }
}
