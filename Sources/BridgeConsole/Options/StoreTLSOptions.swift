internal import BridgeSockets

/// How a store behind `https` is trusted, and what it is shown.
package struct StoreTLSOptions: Sendable, Equatable {
    /// The file of the authorities that are trusted in place of the system's.
    package let authority: String?
    /// The files of our own certificate and of its key.
    package let identity: (certificate: String, key: String)?
    /// What the key is encrypted with; nil: it is not.
    package let passphrase: String?

    package static let specifications: [OptionSpecification] = [
        .value(
            "--store-ca", "FILE",
            "the authorities to trust for stores, in place of the system's"
                + " (else NATSBRIDGE_STORE_CA)"),
        .value("--store-cert", "FILE", "our certificate, for stores that ask for one"),
        .value("--store-key", "FILE", "the key of that certificate"),
        .value(
            "--store-passphrase", "TEXT",
            "what that key is encrypted with (else NATSBRIDGE_STORE_PASSPHRASE)"),
    ]

    /// What stands on the command line wins over the environment.
    /// - Throws: Wrong usage when an option names no file, or one half of an identity is missing.
    package init(
        _ arguments: ParsedArguments, environment: (String) -> String?
    ) throws(CommandFailure) {
        for option in ["--store-ca", "--store-cert", "--store-key"] where arguments[option] == "" {
            throw .usage("\(option) names no file")
        }
        authority = arguments["--store-ca"] ?? environment("NATSBRIDGE_STORE_CA")
        switch (arguments["--store-cert"], arguments["--store-key"]) {
        case (let certificate?, let key?): identity = (certificate, key)
        case (nil, nil): identity = nil
        case (nil, _?), (_?, nil):
            throw .usage("--store-cert and --store-key go together")
        }
        guard identity != nil || arguments["--store-passphrase"] == nil else {
            throw .usage("--store-passphrase is for the key of --store-key")
        }
        passphrase = arguments["--store-passphrase"] ?? environment("NATSBRIDGE_STORE_PASSPHRASE")
    }

    /// What the key of a store's own certificate is encrypted with (`serve`); nil: it is not.
    package static func serverPassphrase(
        _ arguments: ParsedArguments, environment: (String) -> String? = ProcessEnvironment.value
    ) -> String? {
        arguments["--tls-passphrase"] ?? environment("NATSBRIDGE_TLS_PASSPHRASE")
    }

    package static func == (left: StoreTLSOptions, right: StoreTLSOptions) -> Bool {
        left.authority == right.authority
            && left.identity?.certificate == right.identity?.certificate
            && left.identity?.key == right.identity?.key && left.passphrase == right.passphrase
    }
}

extension StoreTLSOptions: CustomStringConvertible, CustomReflectable {
    /// The paths, without the passphrase.
    package var description: String {
        let paths = [
            ("authority", authority), ("certificate", identity?.certificate),
            ("key", identity?.key),
        ]
        return paths.compactMap { name, path in path.map { "\(name): \($0)" } }
            .joined(separator: ", ")
    }

    package var customMirror: Mirror { Mirror(self, children: ["tls": description]) }
}
