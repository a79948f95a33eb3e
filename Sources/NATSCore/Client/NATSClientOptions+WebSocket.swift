internal import BridgeBytes
internal import BridgeTLS
internal import HTTPWire
internal import NATSWire

/// What addresses of WebSockets (`ws://`, `wss://`) go by.
extension NATSClientOptions {
    /// The user's own fields of the opening, once `checkWebSocket` has looked at them.
    var webSocketFields: FieldList {
        var list = FieldList()
        for field in webSocketHeaders {
            try? list.append(name: field.name.text, value: String(repairing: field.value.bytes))
        }
        return list
    }

    /// TLS of a server: over it a WebSocket is opened by HTTP/1.1, and that is said (ALPN).
    func tlsConfiguration(for server: ServerURL) -> TLSConfiguration {
        var configuration = tlsConfiguration
        if server.scheme.isWebSocket, configuration.applicationProtocols.isEmpty {
            configuration.applicationProtocols = ["http/1.1"]
        }
        return configuration
    }

    /// Looks at the addresses of WebSockets and at the fields for them.
    /// - Throws: `NATSError` with `invalidArgument`.
    func checkWebSocket(_ servers: [ServerURL]) throws(NATSError) {
        func refused(_ detail: String) -> NATSError {
            NATSError(.invalidArgument, stage: .connect, detail: "\(detail); nothing was sent")
        }
        for field in webSocketHeaders {
            var list = FieldList()
            let name = field.name.text
            do throws(HTTPWireError) {
                try list.append(name: name, value: String(repairing: field.value.bytes))
            } catch {
                throw refused("the WebSocket header \(name) is none of HTTP")
            }
            guard WebSocketOpening.allowsField(name) else {
                throw refused("the WebSocket header \(name) is the protocol's own")
            }
        }
        // What one kind announces would be unknown to the other.
        let kind = servers.first?.scheme.isWebSocket
        guard servers.allSatisfy({ $0.scheme.isWebSocket == kind }) else {
            throw refused("servers with and without WebSocket cannot stand together")
        }
        guard servers.contains(where: { $0.scheme == .ws }) else { return }
        guard !servers.contains(where: { $0.scheme == .wss }), !namesTLS else {
            throw refused("ws:// has no TLS, which is asked for: write wss://")
        }
    }
}

extension ServerURL {
    /// The field Host of a WebSocket's opening.
    var hostField: String {
        port == scheme.defaultPort ? (host.contains(":") ? "[\(host)]" : host) : authority
    }
}
