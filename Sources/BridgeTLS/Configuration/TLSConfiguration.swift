public import BridgeBytes

/// What a client wants of TLS: whom it trusts, who it is, and which name the peer must have.
///
/// Without changes it is what most want: the system's authorities, TLS 1.2 at least, the name of
/// the server that was asked for. Files are read when a connection is made, and again when they
/// have changed; what is not a file never changes.
public struct TLSConfiguration: Sendable, Hashable {
    /// Whose signatures count.
    public var trust = TLSTrust.system
    /// Our own certificate and its key, for peers that ask for one.
    public var identity: TLSIdentity?
    /// The name, or the numeric address, that the peer's certificate must be for; nil: that of the
    /// address that was given.
    public var serverName: String?
    /// The oldest version that is spoken.
    public var minimumVersion = TLSVersion.tls12
    /// Which protocols are offered (ALPN), the favourite first; none: whatever the peer speaks.
    public var applicationProtocols: [String] = []
    /// Whether a connection takes up what an earlier one of this process, of the same configuration
    /// to the same server, has proved (RFC 8446, 2.2): no longer than an hour after the server has
    /// shown its certificate, and not beyond that certificate's end. Else each handshake is whole.
    public var resumesSessions = true
    /// Whether *anybody* may pose as the peer: certificates are not looked at, and whoever stands
    /// between can read and change everything. For tests on machines of one's own.
    public var acceptsAnyCertificateInsecurely = false

    /// The default: see the properties.
    public init() {}

    /// The default with other authorities or an own certificate.
    public init(
        trust: TLSTrust = .system, identity: TLSIdentity? = nil, serverName: String? = nil
    ) {
        self.trust = trust
        self.identity = identity
        self.serverName = serverName
    }
}

/// Whose signatures on certificates count.
public enum TLSTrust: Sendable, Hashable {
    /// The authorities that the system trusts.
    case system
    /// These alone, and not the system's.
    case authorities([PEMSource])

    /// The authorities of one file alone.
    public static func file(_ path: String) -> TLSTrust { .authorities([.file(path)]) }
}

/// A certificate with those that lead to its authority, and its private key.
public struct TLSIdentity: Sendable, Hashable {
    /// The certificate, and behind it those that signed each other, up to the authority's.
    public var chain: PEMSource
    /// The private key of the first certificate.
    public var key: PEMSource
    /// What the key is encrypted with; nil: it is not.
    public var passphrase: String?

    /// A certificate and its key.
    public init(chain: PEMSource, key: PEMSource, passphrase: String? = nil) {
        self.chain = chain
        self.key = key
        self.passphrase = passphrase
    }

    /// A certificate and its key from files.
    public init(chainFile: String, keyFile: String, passphrase: String? = nil) {
        self.init(chain: .file(chainFile), key: .file(keyFile), passphrase: passphrase)
    }
}

/// Where certificates or a key stand, in PEM (RFC 7468).
public enum PEMSource: Sendable, Hashable {
    /// The file at this path.
    case file(String)
    /// This text.
    case memory(Bytes)
}

/// A version of TLS.
public enum TLSVersion: Sendable, Hashable, CaseIterable {
    /// RFC 5246.
    case tls12
    /// RFC 8446.
    case tls13

    /// Its number on the wire.
    var number: Int { self == .tls12 ? 0x0303 : 0x0304 }
}

extension TLSConfiguration: CustomStringConvertible, CustomReflectable {
    /// The paths, the names and what is unusual; no key and no passphrase.
    public var description: String {
        var parts = ["trust: \(trust)"]
        if let identity { parts.append("identity: \(identity)") }
        if let serverName { parts.append("server name: \(serverName)") }
        if minimumVersion != .tls12 { parts.append("at least \(minimumVersion)") }
        if !resumesSessions { parts.append("each handshake is whole") }
        if acceptsAnyCertificateInsecurely { parts.append("INSECURE: any certificate will do") }
        return "TLSConfiguration(\(parts.joined(separator: ", ")))"
    }

    /// Shows no secret in a dump.
    public var customMirror: Mirror { Mirror(self, children: ["tls": description]) }
}

extension TLSTrust: CustomStringConvertible, CustomReflectable {
    public var description: String {
        switch self {
        case .system: "the system's authorities"
        case .authorities(let sources): sources.map(\.description).joined(separator: ", ")
        }
    }

    /// The same as the description.
    public var customMirror: Mirror { Mirror(self, children: ["trust": description]) }
}

extension TLSIdentity: CustomStringConvertible, CustomReflectable {
    /// Where the parts stand; no key and no passphrase.
    public var description: String {
        "\(chain), key: \(key)\(passphrase == nil ? "" : " with a passphrase")"
    }

    /// Shows no secret in a dump.
    public var customMirror: Mirror { Mirror(self, children: ["identity": description]) }
}

extension PEMSource: CustomStringConvertible, CustomReflectable {
    /// The path, or the number of bytes.
    public var description: String {
        switch self {
        case .file(let path): path
        case .memory(let bytes): "\(bytes.count) bytes in memory"
        }
    }

    /// Shows no secret in a dump.
    public var customMirror: Mirror { Mirror(self, children: ["source": description]) }
}
