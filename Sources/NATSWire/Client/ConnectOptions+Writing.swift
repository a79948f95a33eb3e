package import BridgeBytes
internal import BridgeJSON

extension ConnectOptions {
    /// The JSON text of CONNECT. `protocol` 1 asks for INFO at any time, `no_responders` for a
    /// status instead of a timeout when nobody listens; the latter needs headers.
    var json: Bytes {
        var fields = JSONObject()
        fields["verbose"] = .bool(verbose)
        fields["pedantic"] = .bool(pedantic)
        fields["tls_required"] = .bool(requiresTLS)
        fields["name"] = .string(name)
        fields["lang"] = .string("swift")
        fields["version"] = .string(version)
        fields["protocol"] = .number(JSONNumber(1))
        fields["echo"] = .bool(echo)
        fields["headers"] = .bool(headers)
        fields["no_responders"] = .bool(headers)
        credentials.write(into: &fields)
        return JSONValue.object(fields).encoded()
    }
}

extension FrameWriter {
    /// Appends CONNECT.
    package static func connect(_ options: ConnectOptions, into writer: inout ByteWriter) {
        writer.append("CONNECT ")
        writer.append(options.json)
        writer.append("\r\n")
    }
}
