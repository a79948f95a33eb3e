import BridgeBytes
import BridgeTLS
import TestKit
import Testing

/// The vectors of RFC 8032, 7.1.
@Suite(.needsOpenSSL) struct Ed25519Tests {
    private static let vectors = [
        (
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ]

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            (Hex.value(digits[$0]) ?? 0) << 4 | (Hex.value(digits[$0 + 1]) ?? 0)
        }
    }

    @Test func `seeds give the public keys and signatures of the standard`() throws {
        for vector in Self.vectors {
            let seed = Self.bytes(vector.seed)
            let message = Self.bytes(vector.message)
            let key = try Ed25519.publicKey(seed: seed.span)
            #expect(Hex.string(key.span) == vector.key)
            let signature = try Ed25519.sign(message.span, seed: seed.span)
            #expect(Hex.string(signature.span) == vector.signature)
        }
    }

    @Test(arguments: [0, 31, 33, 64]) func `a seed of another size is refused`(count: Int) {
        let seed = [UInt8](repeating: 7, count: count)
        let error = #expect(throws: TLSError.self) { try Ed25519.publicKey(seed: seed.span) }
        #expect(error?.reason == .configuration)
        #expect(throws: TLSError.self) { try Ed25519.sign([UInt8]().span, seed: seed.span) }
    }

    @Test func `wiping overwrites an array`() {
        var bytes: [UInt8] = [1, 2, 3]
        bytes.wipe()
        #expect(bytes == [0, 0, 0])
        var empty: [UInt8] = []
        empty.wipe()
        #expect(empty.isEmpty)
    }
}
