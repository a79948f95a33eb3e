internal import NATSWire

extension NATSClientOptions: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The servers, the name and how the client makes itself known: no password, no token, and of
    /// addresses only what is no credential.
    public var description: String {
        var text = "NATSClientOptions(servers: \(shownServers), name: \(name)"
        if let user { text += ", user: \(user)" }
        if password != nil { text += ", with a password" }
        if token != nil { text += ", with a token" }
        if authentication != nil { text += ", with a source of credentials" }
        return text + ")"
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
