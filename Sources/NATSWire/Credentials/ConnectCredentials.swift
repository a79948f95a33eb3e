internal import BridgeBytes
internal import BridgeJSON

/// What CONNECT says about who we are.
package enum ConnectCredentials: Sendable, Hashable {
    case none
    case user(String, password: String)
    case token(String)
    /// A key that the server knows, and the nonce signed by it.
    case nkey(NKey, signature: [UInt8])
    /// A token that a key's owner issued. Without a signature when the server asks for none.
    case jwt(UserJWT, signature: [UInt8]?)

    package init(_ credentials: ServerURL.Credentials) {
        self =
            switch credentials {
            case .none: .none
            case .user(let name, let password): .user(name, password: password)
            case .token(let token): .token(token)
            }
    }

    /// Appends the members of CONNECT. Signatures are in the alphabet for URLs without padding:
    /// with padding, servers refuse them.
    func write(into fields: inout JSONObject) {
        switch self {
        case .none: break
        case .user(let user, let password):
            fields["user"] = .string(user)
            fields["pass"] = .string(password)
        case .token(let token): fields["auth_token"] = .string(token)
        case .nkey(let key, let signature):
            fields["nkey"] = .string(key.text)
            fields["sig"] = .string(Base64.encodeForURL(signature.span))
        case .jwt(let jwt, let signature):
            fields["jwt"] = .string(jwt.text)
            if let signature { fields["sig"] = .string(Base64.encodeForURL(signature.span)) }
        }
    }
}

extension ConnectCredentials: CustomStringConvertible, CustomReflectable {
    /// The kind, and the public names in it.
    package var description: String {
        switch self {
        case .none: "no credentials"
        case .user(let name, _): "user \(name)"
        case .token: "a token"
        case .nkey(let key, _): "key \(key)"
        case .jwt(let jwt, _): "\(jwt)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["credentials": description]) }
}
