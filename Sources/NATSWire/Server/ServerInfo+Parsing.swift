public import BridgeBytes
internal import BridgeJSON

extension ServerInfo {
    /// Reads the JSON text of an INFO line. Fields that are not known are ignored, missing ones
    /// keep their fallback, and null counts as missing.
    /// - Throws: `WireError` with `invalidInfo` when the text is no JSON object, or when a known
    ///   field is of the wrong kind or out of range.
    public init(parsing text: Bytes) throws(WireError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: text)
        } catch {
            throw WireError(.invalidInfo, in: .info, "INFO is not JSON")
        }
        guard let fields = json.objectValue else {
            throw WireError(.invalidInfo, in: .info, "INFO is not a JSON object")
        }
        self.init()
        let reader = InfoReader(fields: fields)
        serverID = try reader.text("server_id") ?? serverID
        serverName = try reader.text("server_name") ?? serverName
        version = try reader.text("version") ?? version
        protocolVersion = try reader.number("proto") ?? protocolVersion
        host = try reader.text("host") ?? host
        port = try reader.number("port") ?? port
        maxPayload = try reader.number("max_payload") ?? maxPayload
        supportsHeaders = try reader.flag("headers") ?? supportsHeaders
        requiresAuthentication = try reader.flag("auth_required") ?? requiresAuthentication
        requiresTLS = try reader.flag("tls_required") ?? requiresTLS
        offersTLS = try reader.flag("tls_available") ?? offersTLS
        nonce = try reader.text("nonce")
        connectURLs = try reader.texts("connect_urls") ?? connectURLs
        isLameDuck = try reader.flag("ldm") ?? isLameDuck
        supportsJetStream = try reader.flag("jetstream") ?? supportsJetStream
        jetStreamLevel = try reader.number("api_lvl") ?? jetStreamLevel
        clientID = try reader.number("client_id").map { UInt64($0) }
        clientIP = try reader.text("client_ip")
        cluster = try reader.text("cluster")
        domain = try reader.text("domain")
    }
}

/// Typed access to the fields of INFO.
private struct InfoReader {
    let fields: JSONObject

    private func read<T>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> T?
    ) throws(WireError) -> T? {
        guard let value = fields[name], value != .null else { return nil }
        guard let converted = convert(value) else {
            throw WireError(.invalidInfo, in: .info, "INFO field \(name) is not \(kind)")
        }
        return converted
    }

    func text(_ name: String) throws(WireError) -> String? {
        try read(name, "a string") { $0.stringValue }
    }

    func flag(_ name: String) throws(WireError) -> Bool? {
        try read(name, "true or false") { $0.boolValue }
    }

    func number(_ name: String) throws(WireError) -> Int? {
        try read(name, "a whole number from 0 on") { value in
            value.intValue.flatMap { $0 >= 0 ? $0 : nil }
        }
    }

    func texts(_ name: String) throws(WireError) -> [String]? {
        try read(name, "a list of strings") { value in
            guard let items = value.arrayValue else { return nil }
            let texts = items.compactMap(\.stringValue)
            return texts.count == items.count ? texts : nil
        }
    }
}
