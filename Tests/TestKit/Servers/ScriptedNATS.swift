/// The steps of a NATS server that scripts are made of.
extension ScriptedConnection {
    /// Says INFO, reads CONNECT and PING, and answers. Returns the line of CONNECT; nil when the
    /// client hung up.
    package func acceptNATS(info: String = "") -> String? {
        let extra = info.isEmpty ? "" : ",\(info)"
        send(
            "INFO {\"server_id\":\"scripted\",\"version\":\"2.11.0\",\"proto\":1,"
                + "\"headers\":true,\"max_payload\":16777216\(extra)}\r\n")
        guard let connect = readLine(), readLine() == "PING" else { return nil }
        send("PONG\r\n")
        return connect
    }

    /// Reads one frame of a client: its control line, and its body if it has one. Nil at the end
    /// of the connection.
    package func readFrame() -> (line: String, body: [UInt8])? {
        guard let line = readLine() else { return nil }
        guard line.hasPrefix("PUB ") || line.hasPrefix("HPUB "),
            let size = line.split(separator: " ").last.flatMap({ Int($0) })
        else { return (line, []) }
        let body = read(size + 2)
        return body.count == size + 2 ? (line, Array(body.dropLast(2))) : nil
    }

    /// Reads frames until the client hangs up, answers every PING, and shows each frame.
    package func serveNATS(_ show: (String, [UInt8]) -> Void = { _, _ in }) {
        while let (line, body) = readFrame() {
            if line == "PING" { send("PONG\r\n") } else { show(line, body) }
        }
    }
}
