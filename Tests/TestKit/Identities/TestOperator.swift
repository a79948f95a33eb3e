internal import BridgeBytes
package import BridgeJSON

/// An operator with two accounts, and users of theirs, as `nsc` would make them: for a server that
/// asks for JWTs.
package struct TestOperator: Sendable {
    private let key = KeyPair(.operator, "operator")
    private let system = KeyPair(.account, "SYS")
    private let account: KeyPair

    /// - Parameter account: Tells accounts of several tests apart.
    package init(account: String = "APP") { self.account = KeyPair(.account, account) }

    /// A user's token and key.
    package struct User: Sendable {
        package let jwt: String
        package let key: KeyPair

        /// A credentials file for it.
        package var credentials: String {
            """
            -----BEGIN NATS USER JWT-----
            \(jwt)
            ------END NATS USER JWT------

            ************************* IMPORTANT *************************
            This seed was made for a test, and is public.

            -----BEGIN USER NKEY SEED-----
            \(key.seed)
            ------END USER NKEY SEED------

            """
        }
    }

    /// A user of the account.
    /// - Parameters:
    ///   - expiry: Seconds since 1970; nil: never.
    ///   - claims: More of `nats`, such as `bearer_token`.
    package func user(
        _ name: String, expiry: Int64? = nil, claims: JSONObject = JSONObject()
    ) throws -> User {
        let key = KeyPair(.user, name)
        return User(jwt: try token(name, key, account, expiry, claims), key: key)
    }

    /// A user of the system's account, which may change accounts.
    package func systemUser() throws -> User {
        let key = KeyPair(.user, "system")
        return User(jwt: try token("system", key, system, nil, JSONObject()), key: key)
    }

    private func token(
        _ name: String, _ key: KeyPair, _ issuer: KeyPair, _ expiry: Int64?, _ claims: JSONObject
    ) throws -> String {
        var nats: JSONObject = [
            "pub": [:], "sub": [:], "subs": -1, "data": -1, "payload": -1, "type": "user",
            "version": 2,
        ]
        for (name, value) in claims { nats[name] = value }
        return try Self.jwt(name, of: try key.publicKey, by: issuer, expiry, nats)
    }

    /// The account as it is, without users who are not wanted any more.
    package func accountToken(revoked: [User] = []) throws -> String {
        var nats: JSONObject = [
            "limits": Self.limits, "default_permissions": ["pub": [:], "sub": [:]],
            "type": "account", "version": 2,
        ]
        var revocations = JSONObject()
        for user in revoked {
            revocations[try user.key.publicKey] = .number(JSONNumber(4_102_444_800))
        }
        if !revoked.isEmpty { nats["revocations"] = .object(revocations) }
        return try Self.jwt("APP", of: try account.publicKey, by: key, nil, nats)
    }

    /// What a server's configuration says, to take this operator's users.
    /// - Parameter folder: Where the server keeps accounts that may change; nil: in memory.
    package func configuration(folder: String? = nil) throws -> String {
        let systemKey = try system.publicKey
        let operatorToken = try Self.jwt(
            "operator", of: try key.publicKey, by: key, nil,
            ["type": "operator", "version": 2, "system_account": .string(systemKey)])
        let systemToken = try Self.jwt(
            "SYS", of: systemKey, by: key, nil,
            [
                "limits": Self.limits, "default_permissions": ["pub": [:], "sub": [:]],
                "type": "account", "version": 2,
            ])
        let resolver = folder.map { "{ type: full, dir: \"\($0)\" }" } ?? "MEMORY"
        return """
            operator: \(operatorToken)
            system_account: \(systemKey)
            resolver: \(resolver)
            # A machine that is busy may take longer to sign than the usual two seconds.
            authorization { timeout: 60 }
            resolver_preload: {
              \(systemKey): \(systemToken)
              \(try account.publicKey): \(try accountToken())
            }
            """
    }

    private static let limits: JSONValue = [
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
        "conn": -1, "leaf": -1,
    ]

    private static func jwt(
        _ name: String, of subject: String, by issuer: KeyPair, _ expiry: Int64?,
        _ nats: JSONObject
    ) throws -> String {
        var claims: JSONObject = [
            "jti": "A", "iat": 1_767_225_600, "iss": .string(try issuer.publicKey),
            "name": .string(name), "sub": .string(subject), "nats": .object(nats),
        ]
        if let expiry { claims["exp"] = .number(JSONNumber(Int(expiry))) }
        let head = Base64.encodeForURL(Array(#"{"typ":"JWT","alg":"ed25519-nkey"}"#.utf8).span)
        let body = Base64.encodeForURL(JSONValue.object(claims).encoded().span)
        let signature = try issuer.sign(Array("\(head).\(body)".utf8))
        return "\(head).\(body).\(Base64.encodeForURL(signature.span))"
    }
}
