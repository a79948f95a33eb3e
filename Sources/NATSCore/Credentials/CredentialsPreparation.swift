internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

extension NATSCredentials {
    /// How many sources may name another one.
    private static let longestChain = 8

    /// Asks and reads whoever has the credentials for a server.
    func prepared(
        for server: ServerURL
    ) async throws(CredentialsFailure) -> PreparedCredentials {
        var chosen = credentials(for: server)
        for _ in 0..<Self.longestChain {
            guard case .provided(let provide) = chosen.source else {
                return try await chosen.resolved()
            }
            do {
                chosen = try await provide(server)
            } catch {
                throw .thrown(error, by: "the source of credentials")
            }
        }
        throw CredentialsFailure(
            .invalidCredentials, "each source of credentials names another one")
    }

    private func resolved() async throws(CredentialsFailure) -> PreparedCredentials {
        if let defect { throw CredentialsFailure(defect, in: "") }
        if let atOnce { return atOnce }
        switch source {
        case .none, .user, .token, .provided: return PreparedCredentials(proof: .ready(.none))
        case .key(.success(let key), let signer):
            return PreparedCredentials(proof: .key(key, signer))
        case .seed(.success(let seed)): return try await Self.prepared(seed)
        case .seedFile(let path): return try await Self.prepared(seedFile: path)
        case .file(let path): return try await Self.prepared(file: path)
        case .content(.success(let file)): return try await Self.prepared(file, in: "")
        case .jwt(let provide, let signer): return try await Self.prepared(provide, signer)
        case .seed(.failure(let error)), .key(.failure(let error), _),
            .content(.failure(let error)):
            throw CredentialsFailure(error, in: "")
        }
    }

    private static func prepared(
        _ seed: NKeySeed
    ) async throws(CredentialsFailure) -> PreparedCredentials {
        PreparedCredentials(
            proof: .key(try SeedSigning.publicKey(of: seed), SeedSigning.signer(seed)))
    }

    private static func prepared(
        seedFile path: String
    ) async throws(CredentialsFailure) -> PreparedCredentials {
        let (file, isExposed) = try await read(path)
        guard file.jwt == nil, let seed = file.seed else {
            throw CredentialsFailure(
                .invalidCredentials, "\(path) holds a JWT: it is a credentials file")
        }
        var prepared = try await prepared(seed)
        if isExposed { prepared.exposedFile = path }
        return prepared
    }

    private static func prepared(
        file path: String
    ) async throws(CredentialsFailure) -> PreparedCredentials {
        let (file, isExposed) = try await read(path)
        var prepared = try await prepared(file, in: path)
        if isExposed { prepared.exposedFile = path }
        return prepared
    }

    private static func prepared(
        _ file: CredentialsFile, in path: String
    ) async throws(CredentialsFailure) -> PreparedCredentials {
        guard let jwt = file.jwt else { throw CredentialsFailure(missingJWT, in: path) }
        if let missing = missingSeed(file) { throw CredentialsFailure(missing, in: path) }
        guard let seed = file.seed else { return try checked(jwt, nil) }
        guard try SeedSigning.publicKey(of: seed) == jwt.subject else {
            throw CredentialsFailure(
                .invalidCredentials,
                "\(path.isEmpty ? "" : path + ": ")the seed is of another user than the JWT")
        }
        return try checked(jwt, SeedSigning.signer(seed))
    }

    private static func prepared(
        _ provide: @Sendable () async throws -> String, _ signer: Signer?
    ) async throws(CredentialsFailure) -> PreparedCredentials {
        let text: String
        do {
            text = try await provide()
        } catch {
            throw .thrown(error, by: "the source of the JWT")
        }
        let jwt: UserJWT
        do throws(WireError) {
            jwt = try UserJWT(parsing: text)
        } catch {
            throw CredentialsFailure(error, in: "what the source of the JWT gave")
        }
        return try checked(jwt, signer)
    }

    /// A token whose time is over is not even tried: the server would say less about it.
    private static func checked(
        _ jwt: UserJWT, _ signer: Signer?
    ) throws(CredentialsFailure) -> PreparedCredentials {
        guard jwt.hasExpired(at: WallClock.now.seconds) else {
            return PreparedCredentials(proof: .jwt(jwt, signer))
        }
        let end = Timestamp(seconds: Int64(jwt.expiry ?? 0))
        throw CredentialsFailure(
            .credentialsExpired, "the JWT expired at \(end)", isFinal: true)
    }

    /// Both parts of a file in one read, since others replace it.
    private static func read(
        _ path: String
    ) async throws(CredentialsFailure) -> (CredentialsFile, isExposed: Bool) {
        let read = await BlockingPool.shared.run { () -> Result<SecretFile, SocketError> in
            Result { () throws(SocketError) in
                try SecretFile(reading: path, limit: CredentialsFile.maxCount)
            }
        }
        let secret: SecretFile
        do throws(SocketError) {
            secret = try read.get()
        } catch {
            throw CredentialsFailure(.credentialsUnavailable, "\(path): \(error.detail)")
        }
        do throws(WireError) {
            let file = try secret.content.withBytes { (text) throws(WireError) in
                try CredentialsFile(parsing: text)
            }
            return (file, secret.isExposed)
        } catch {
            throw CredentialsFailure(error, in: path)
        }
    }
}
