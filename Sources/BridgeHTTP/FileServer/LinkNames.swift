internal import BridgeBytes
package import BridgeSockets
package import HTTPWire

/// By which name links lead to a server.
///
/// ## Theory of operation
/// Whoever uploads knows a name of the server that works, since it has just used it. So links
/// begin with the name that the request was sent to, if it is one that the server is known by:
/// its own address, `localhost` where it listens on the loopback, and those that its options
/// list. Any other name may have been made up by whoever sent the request, and would lead
/// receivers elsewhere; then the server's own address stands in the link. Where it listens on all
/// addresses it has none, and such an upload is refused. A public URL, where there is one, goes
/// before all that.
package struct LinkNames: Sendable, Hashable {
    /// A name that requests may be sent to.
    package struct Host: Sendable, Hashable {
        /// In lower case; an IPv6 address in brackets.
        let name: String
        /// Nil: any port, as a port may be mapped to ours.
        let port: Int?

        /// `name`, `name:port`, or an IPv6 address in brackets with or without a port.
        package init?(_ text: String) {
            guard !text.contains("/"), !text.contains("@"), !text.contains("?"),
                !text.contains("#"), let url = try? HTTPURL("http://\(text)")
            else { return nil }
            name = url.isIPv6Literal ? "[\(url.host)]" : url.host
            let hasPort = url.hostField != name || text.hasSuffix(":80")
            port = hasPort ? url.port : nil
        }

        init(name: String, port: Int) { (self.name, self.port) = (name, port) }
    }

    private let published: String?
    private let own: String?
    private let hosts: [Host]
    private let port: Int
    private let scheme: HTTPURL.Scheme

    /// - Parameters:
    ///   - published: What all links begin with, where the options say so.
    ///   - address: What was bound.
    ///   - allowed: Other names, as the options list them.
    ///   - scheme: What the server speaks.
    package init(
        published: String?, address: Address, allowed: [Host], scheme: HTTPURL.Scheme = .http
    ) {
        self.scheme = scheme
        self.published = published.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        port = address.port
        own = address.isWildcard ? nil : "\(scheme.rawValue)://\(address)"
        var hosts = allowed
        if !address.isWildcard, let host = Host(address.description) {
            hosts.append(Host(name: host.name, port: address.port))
        }
        if address.isLoopback { hosts.append(Host(name: "localhost", port: address.port)) }
        self.hosts = hosts
    }

    /// What links begin with when nobody has asked yet.
    package var base: String {
        if let known = published ?? own { return known }
        guard let host = hosts.first else { return "\(scheme.rawValue)://localhost:\(port)" }
        return "\(scheme.rawValue)://\(host.name):\(host.port ?? port)"
    }

    /// What a link begins with that is given to whoever sent a request; nil when the request was
    /// sent to a name that is not known here.
    package func base(for head: RequestHead) -> String? {
        if let published { return published }
        // The authority of a target in absolute form goes before the field.
        let target = head.target.hasPrefix("/") ? nil : try? RequestTarget(parsing: head.target)
        let asked = target?.authority ?? head.fields["Host"] ?? ""
        guard let host = Host(asked) else { return own }
        let port = host.port ?? scheme.defaultPort
        let isKnown = hosts.contains { $0.name == host.name && ($0.port ?? port) == port }
        guard isKnown else { return own }
        let start = "\(scheme.rawValue)://\(host.name)"
        return host.port == nil ? start : "\(start):\(port)"
    }
}
