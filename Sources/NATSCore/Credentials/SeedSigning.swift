internal import BridgeBytes
internal import BridgeTLS
internal import NATSWire

/// What needs the system's cryptography: signatures, and the public key of a seed.
enum SeedSigning {
    static func publicKey(of seed: NKeySeed) throws(CredentialsFailure) -> NKey {
        do throws(TLSError) {
            return NKey(
                seed.role,
                raw: try seed.withRaw { (raw) throws(TLSError) in
                    try Ed25519.publicKey(seed: raw)
                })
        } catch {
            throw failure(error)
        }
    }

    /// The seed is wiped when the last one who may still sign with it is gone.
    static func signer(_ seed: NKeySeed) -> NATSCredentials.Signer {
        { nonce in
            do throws(TLSError) {
                return try seed.withRaw { (raw) throws(TLSError) in
                    try Ed25519.sign(nonce.span, seed: raw)
                }
            } catch {
                throw failure(error)
            }
        }
    }

    private static func failure(_ error: TLSError) -> CredentialsFailure {
        CredentialsFailure(error.code, "keys cannot be used: \(error.detail)")
    }
}
