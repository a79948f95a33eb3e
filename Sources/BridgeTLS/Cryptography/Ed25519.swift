/// Signatures of RFC 8032, with keys made from a seed, as NKEYs are.
package enum Ed25519 {
    /// Bytes of a seed.
    package static let seedSize = 32
    /// Bytes of a public key.
    package static let publicKeySize = 32
    /// Bytes of a signature.
    package static let signatureSize = 64
    /// The library's number for keys of this kind (`EVP_PKEY_ED25519`).
    private static let kind: Int32 = 1087

    /// The public key that belongs to a seed.
    /// - Throws: `TLSError`: `libraryMissing`, or `configuration` for a seed of another size.
    package static func publicKey(seed: Span<UInt8>) throws(TLSError) -> [UInt8] {
        let library = try OpenSSL.library()
        let key = try unsafe privateKey(seed, library)
        // Sound: `key` is alive until it is freed here, and nothing else has it.
        defer { unsafe library.keys.free(key) }
        var bytes = [UInt8](repeating: 0, count: publicKeySize)
        var size = bytes.count
        // Sound: the library writes at most `size` bytes, the size of the array.
        let status = unsafe library.keys.publicKey(key, &bytes, &size)
        guard status == 1, size == publicKeySize else { throw failure(library) }
        return bytes
    }

    /// Signs a message.
    /// - Throws: `TLSError`: `libraryMissing`, or `configuration` for a seed of another size.
    package static func sign(
        _ message: Span<UInt8>, seed: Span<UInt8>
    ) throws(TLSError) -> [UInt8] {
        let library = try OpenSSL.library()
        let key = try unsafe privateKey(seed, library)
        // Sound, here and below: both objects are alive until they are freed here; the library
        // reads `message.count` bytes, and writes at most `size`, the size of the array.
        defer { unsafe library.keys.free(key) }
        let context = unsafe library.digests.new()
        defer { unsafe library.digests.free(context) }
        guard unsafe library.digests.beginSigning(context, nil, nil, nil, key) == 1 else {
            throw failure(library)
        }
        var signature = [UInt8](repeating: 0, count: signatureSize)
        var size = signature.count
        let status = unsafe message.withUnsafeBufferPointer {
            unsafe library.digests.sign(context, &signature, &size, $0.baseAddress, $0.count)
        }
        guard status == 1, size == signatureSize else { throw failure(library) }
        return signature
    }

    @unsafe private static func privateKey(
        _ seed: Span<UInt8>, _ library: OpenSSL
    ) throws(TLSError) -> OpaquePointer {
        guard seed.count == seedSize else {
            throw TLSError(.configuration, .digest, "a seed has \(seedSize) bytes")
        }
        library.clearErrors()
        // Sound: the library reads `count` bytes and keeps a copy, which it wipes when it is freed.
        let key = unsafe seed.withUnsafeBufferPointer {
            unsafe library.keys.newPrivate(kind, nil, $0.baseAddress, $0.count)
        }
        guard let key = unsafe key else { throw failure(library) }
        return unsafe key
    }

    private static func failure(_ library: OpenSSL) -> TLSError {
        TLSError(.library, .digest, library.takeFailure().words)
    }
}
