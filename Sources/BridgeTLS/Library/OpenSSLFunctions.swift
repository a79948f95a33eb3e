// The functions of OpenSSL 3 that are used, with the types of its manual. Pointers to its objects
// are opaque: nothing here knows what they point to. Unsafe to call, since the arguments must be
// what the manual asks for; the files that do say why they are.

/// The library as a whole. Sound to look up: the types are the manual's.
@unsafe struct GeneralFunctions: Sendable {
    typealias Initialize = @convention(c) @Sendable (UInt64, OpaquePointer?) -> Int32
    typealias VersionNumber = @convention(c) @Sendable () -> UInt
    typealias Version = @convention(c) @Sendable (Int32) -> UnsafePointer<CChar>

    let initialize: Initialize
    let versionNumber: VersionNumber
    let version: Version

    init(_ symbols: inout SymbolTable) {
        unsafe initialize = symbols.find("OPENSSL_init_crypto")
        unsafe versionNumber = symbols.find("OpenSSL_version_num")
        unsafe version = symbols.find("OpenSSL_version")
    }
}

/// The queue of errors, of which each thread has its own.
@unsafe struct ErrorFunctions: Sendable {
    typealias Next = @convention(c) @Sendable () -> UInt
    typealias Clear = @convention(c) @Sendable () -> Void
    typealias Words = @convention(c) @Sendable (UInt) -> UnsafePointer<CChar>?

    let next: Next
    let clear: Clear
    let words: Words

    init(_ symbols: inout SymbolTable) {
        unsafe next = symbols.find("ERR_get_error")
        unsafe clear = symbols.find("ERR_clear_error")
        unsafe words = symbols.find("ERR_reason_error_string")
    }
}

/// Digests.
@unsafe struct DigestFunctions: Sendable {
    typealias New = @convention(c) @Sendable () -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void
    typealias BeginSigning =
        @convention(c) @Sendable (
            OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?
        ) -> Int32
    typealias Sign =
        @convention(c) @Sendable (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?,
            UnsafePointer<UInt8>?, Int
        ) -> Int32
    typealias UpdateSHA256 =
        @convention(c) @Sendable (UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> Int32

    let new: New
    let free: Free
    let beginSigning: BeginSigning
    let sign: Sign
    /// Deprecated since 3.0, and so perhaps missing.
    let updateSHA256: UpdateSHA256?

    init(_ symbols: inout SymbolTable) {
        unsafe new = symbols.find("EVP_MD_CTX_new")
        unsafe free = symbols.find("EVP_MD_CTX_free")
        unsafe beginSigning = symbols.find("EVP_DigestSignInit")
        unsafe sign = symbols.find("EVP_DigestSign")
        unsafe updateSHA256 = symbols.findIfPresent("SHA256_Update")
    }
}

/// Keys.
@unsafe struct KeyFunctions: Sendable {
    typealias New =
        @convention(c) @Sendable (
            Int32, OpaquePointer?, UnsafePointer<UInt8>?, Int
        ) -> OpaquePointer?
    typealias PublicKey =
        @convention(c) @Sendable (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?
        ) -> Int32
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void

    let newPrivate: New
    let publicKey: PublicKey
    let free: Free

    init(_ symbols: inout SymbolTable) {
        unsafe newPrivate = symbols.find("EVP_PKEY_new_raw_private_key")
        unsafe publicKey = symbols.find("EVP_PKEY_get_raw_public_key")
        unsafe free = symbols.find("EVP_PKEY_free")
    }
}
