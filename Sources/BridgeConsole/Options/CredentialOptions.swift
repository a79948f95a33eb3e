/// Who we are to a NATS server, by the options and variables that the `nats` tools have for it.
package enum CredentialOptions: Sendable, Equatable {
    /// What the context or the server's URL says.
    case unsaid
    /// `--creds`: a JWT and its seed.
    case file(String)
    /// `--nkey`: a seed.
    case seedFile(String)
    case user(String, password: String)
    case token(String)

    package static let specifications: [OptionSpecification] = [
        .value("--creds", "FILE", "a credentials file of nsc, with JWT and seed (else NATS_CREDS)"),
        .value("--nkey", "FILE", "a file with the seed of a key (else NATS_NKEY)"),
        .value(
            "--user", "NAME", "the user's name, or without a password a token (else NATS_USER)"),
        .value("--password", "TEXT", "the user's password (else NATS_PASSWORD)"),
        .value("--token", "TEXT", "a token (else NATS_TOKEN)"),
    ]

    /// One of the kinds, and what it is given by.
    private typealias Way = (option: String, choice: CredentialOptions)

    /// What stands on the command line wins over the environment as a whole.
    /// - Throws: Wrong usage when there are two kinds: nobody can know which one is meant.
    package init(
        _ arguments: ParsedArguments, environment: (String) -> String?
    ) throws(CommandFailure) {
        let given = try Self.choice("--creds", "--nkey", "--user", "--password", "--token") {
            arguments[$0]
        }
        let found = try Self.choice(
            "NATS_CREDS", "NATS_NKEY", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN",
            value: environment)
        // The password may come from the environment, where other users do not see it.
        if case .token(let name)? = given, arguments["--user"] == name,
            let password = environment("NATS_PASSWORD")
        {
            self = .user(name, password: password)
        } else {
            self = given ?? found ?? .unsaid
        }
    }

    private static func choice(
        _ file: String, _ seed: String, _ user: String, _ password: String, _ token: String,
        value: (String) -> String?
    ) throws(CommandFailure) -> CredentialOptions? {
        var ways: [Way] = []
        if let path = value(file) { ways.append((file, .file(path))) }
        if let path = value(seed) { ways.append((seed, .seedFile(path))) }
        if let name = value(user) {
            ways.append((user, value(password).map { .user(name, password: $0) } ?? .token(name)))
        }
        if let text = value(token) { ways.append((token, .token(text))) }
        if let second = ways.dropFirst().first {
            throw .usage("\(ways[0].option) and \(second.option) are both given: which one counts?")
        }
        guard let way = ways.first else { return nil }
        if case .file("") = way.choice { throw .usage("\(file) names no file") }
        if case .seedFile("") = way.choice { throw .usage("\(seed) names no file") }
        return way.choice
    }
}

extension CredentialOptions: CustomStringConvertible, CustomReflectable {
    /// The kind, without a secret.
    package var description: String {
        switch self {
        case .unsaid: "no credentials"
        case .file(let path): "credentials file \(path)"
        case .seedFile(let path): "key in \(path)"
        case .user: "a user with a password"
        case .token: "a token"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["credentials": description]) }
}
