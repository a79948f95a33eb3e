internal import NATSWire

extension NATSCredentials {
    /// What a context says of them. Where it says several things, the first of these counts, as
    /// with the `nats` tools: user, credentials file, file of a key, token, JWT.
    init(_ context: ConnectionContext) {
        if let user = context.user {
            self = .user(user, password: context.password ?? "")
        } else if let path = context.credentialsFile {
            self = .file(NATSClientOptions.inHome(path))
        } else if let path = context.seedFile {
            self = .nkey(seedFile: NATSClientOptions.inHome(path))
        } else if let token = context.token {
            self = .token(token)
        } else if let jwt = context.jwt {
            self = .file(content: [jwt, context.seed ?? ""].joined(separator: "\n"))
        } else {
            self = .none
        }
    }
}
