internal import BridgeTLS
internal import NATSWire

extension NATSClientOptions: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The servers, the name and how the client makes itself known: no password, no token, and of
    /// addresses only what is no credential.
    public var description: String {
        var text = "NATSClientOptions(servers: \(shownServers), name: \(name)"
        if tls != .onDemand { text += ", tls: \(tls)" }
        if tlsConfiguration != TLSConfiguration() { text += ", \(tlsConfiguration)" }
        if case .none = credentials.source { return text + ")" }
        return text + ", credentials: \(credentials))"
    }

    public var debugDescription: String { description }

    /// Shows no credentials, so that a dump of a structure that holds options shows none.
    public var customMirror: Mirror { Mirror(self, children: ["options": description]) }

    private var shownServers: [String] {
        servers.flatMap { $0.split(separator: ",") }.map { text in
            // What is no address may hold a password all the same.
            (try? ServerURL(String(text)))?.description ?? "(not an address)"
        }
    }
}
