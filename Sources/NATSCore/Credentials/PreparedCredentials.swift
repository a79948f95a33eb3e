internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// Credentials for one attempt, all but for the signature of the server's nonce.
struct PreparedCredentials: Sendable {
    enum Proof: Sendable {
        /// Nothing is left to do.
        case ready(ConnectCredentials)
        case key(NKey, NATSCredentials.Signer)
        /// Without a signer the JWT is a bearer's.
        case jwt(UserJWT, NATSCredentials.Signer?)
    }

    let proof: Proof
    /// A file that held a secret, and that others than its owner may read.
    var exposedFile: String?

    /// What the machine knows of them. The number is the same for the same credentials, in this
    /// process.
    func summary(now: Duration, wallClock: Timestamp) -> ClientMachine.Credentials {
        var hasher = Hasher()
        var expiry: Duration?
        switch proof {
        case .ready(let credentials): hasher.combine(credentials)
        case .key(let key, _): hasher.combine(key)
        case .jwt(let jwt, _):
            hasher.combine(jwt)
            // Beyond a thousand years there is no expiry to plan for.
            expiry = jwt.expiry.map { end in
                let left = min(Int64(end) - wallClock.seconds, 1000 * 365 * 86_400)
                return now + .seconds(left)
            }
        }
        return ClientMachine.Credentials(identity: hasher.finalize(), expiry: expiry)
    }

    /// Whether somebody who reads CONNECT could use what it holds.
    var canBeStolen: Bool {
        switch proof {
        case .ready(.none), .key, .jwt(_, .some): false
        case .ready, .jwt(_, nil): true
        }
    }

    /// What CONNECT says, when nobody need be asked for it.
    var atOnce: ConnectCredentials? {
        switch proof {
        case .ready(let credentials): credentials
        case .jwt(let jwt, nil): .jwt(jwt, signature: nil)
        case .key, .jwt: nil
        }
    }

    /// What CONNECT says to a server with this nonce.
    func signed(_ nonce: String?) async throws(CredentialsFailure) -> ConnectCredentials {
        // An empty nonce is none: a signature of it would be good for ever.
        let nonce = nonce.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        switch proof {
        case .ready(let credentials): return credentials
        case .key(let key, let signer):
            guard let nonce else {
                throw CredentialsFailure(
                    .authorizationFailed, "the server takes no keys: it sent no nonce to sign",
                    isFinal: true)
            }
            return .nkey(key, signature: try await signature(nonce, signer))
        case .jwt(let jwt, let signer):
            guard let nonce, let signer else { return .jwt(jwt, signature: nil) }
            return .jwt(jwt, signature: try await signature(nonce, signer))
        }
    }

    private func signature(
        _ nonce: [UInt8], _ signer: NATSCredentials.Signer
    ) async throws(CredentialsFailure) -> [UInt8] {
        let signature: [UInt8]
        do {
            signature = try await signer(nonce)
        } catch let failure as CredentialsFailure {
            throw failure
        } catch {
            throw .thrown(error, by: "the signer")
        }
        guard signature.count == 64 else {
            throw CredentialsFailure(
                .invalidCredentials, "the signature has \(signature.count) bytes instead of 64")
        }
        return signature
    }
}

extension CredentialsFailure {
    /// What the user's code throws may hold a secret, unless it is an error of ours.
    static func thrown(_ error: any Error, by whom: String) -> CredentialsFailure {
        let words = (error as? any CodedError)?.code.rawValue ?? "\(type(of: error))"
        return CredentialsFailure(.credentialsUnavailable, "\(whom) failed: \(words)")
    }

    /// What was given is none.
    init(_ error: WireError, in place: String) {
        self.init(
            .invalidCredentials, place.isEmpty ? error.message : "\(place): \(error.message)",
            underlying: error)
    }
}
