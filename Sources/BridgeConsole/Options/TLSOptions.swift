/// How a connection to NATS is covered by TLS, by the options and variables that the `nats` tools
/// have for it.
package struct TLSOptions: Sendable, Equatable {
    /// The file of the authorities that are trusted in place of the system's.
    package let authority: String?
    /// The file of our own certificate, and that of its key.
    package let certificate: String?
    package let key: String?
    /// What the key is encrypted with; nil: it is not.
    package let passphrase: String?
    /// Whether TLS comes before the server's first words.
    package let isFirst: Bool

    package static let specifications: [OptionSpecification] = [
        .value(
            "--tlsca", "FILE", "the authorities to trust, in place of the system's (else NATS_CA)"),
        .value("--tlscert", "FILE", "our certificate, for servers that ask (else NATS_CERT)"),
        .value("--tlskey", "FILE", "the key of our certificate (else NATS_KEY)"),
        .value(
            "--tlspassphrase", "TEXT",
            "what that key is encrypted with (else NATS_KEY_PASSPHRASE)"),
        .flag("--tlsfirst", "begin TLS before the server's first words"),
    ]

    /// What stands on the command line wins over the environment.
    /// - Throws: Wrong usage when an option names no file.
    package init(
        _ arguments: ParsedArguments, environment: (String) -> String?
    ) throws(CommandFailure) {
        func file(_ option: String, _ variable: String) throws(CommandFailure) -> String? {
            guard let path = arguments[option] else { return environment(variable) }
            guard !path.isEmpty else { throw .usage("\(option) names no file") }
            return path
        }
        authority = try file("--tlsca", "NATS_CA")
        certificate = try file("--tlscert", "NATS_CERT")
        key = try file("--tlskey", "NATS_KEY")
        passphrase = arguments["--tlspassphrase"] ?? environment("NATS_KEY_PASSPHRASE")
        isFirst = arguments.has("--tlsfirst")
    }
}

extension TLSOptions: CustomStringConvertible, CustomReflectable {
    /// The paths, without the passphrase.
    package var description: String {
        let paths = [("authority", authority), ("certificate", certificate), ("key", key)]
        let parts = paths.compactMap { name, path in path.map { "\(name): \($0)" } }
        return (parts + (isFirst ? ["first"] : [])).joined(separator: ", ")
    }

    package var customMirror: Mirror { Mirror(self, children: ["tls": description]) }
}
