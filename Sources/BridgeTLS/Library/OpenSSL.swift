internal import Glibc

/// The system's OpenSSL 3, loaded when it is needed first.
///
/// ## Theory of operation
/// The package links no cryptography. When TLS or a signature is asked for, `libssl.so.3` is opened
/// by the loader and every function that is used is looked up by name; libcrypto's are found
/// through the same handle, which makes sure that both belong together. The library stays for the
/// life of the process. A machine without it, with an old one, or with one that lacks a function
/// gets one error that says so, before anything is sent; everything else works without it.
///
/// `NATSBRIDGE_OPENSSL` names another library, by path or by name; `none` means that there is none.
@safe package struct OpenSSL: Sendable {
    let errors: ErrorFunctions
    let digests: DigestFunctions
    let keys: KeyFunctions
    let buffers: BufferFunctions
    let certificates: CertificateFunctions
    let contexts: ContextFunctions
    let sessions: SessionFunctions
    let tickets: TicketFunctions
    /// The name that it was loaded by.
    package let name: String
    /// What the library calls itself, such as `OpenSSL 3.0.19 27 Jan 2026`.
    package let version: String

    /// The variable that names another library.
    package static let variable = "NATSBRIDGE_OPENSSL"
    /// Version 3 first: it is what the functions were checked with. Never an unversioned name,
    /// which belongs to the headers and may be of any version.
    private static let names = ["libssl.so.3", "libssl.so.4"]
    /// 3.0.0, in the form of `OpenSSL_version_num`: major, minor and patch.
    private static let leastVersion: UInt = 0x3000_0000
    /// Our threads may still run while the process exits, so nothing is torn down then
    /// (`OPENSSL_INIT_NO_ATEXIT`).
    private static let noExitHandler: UInt64 = 0x80000

    /// Found out once: by then a library that was missing would have to be installed under a
    /// running process.
    private static let loaded = Result { () throws(TLSError) in try load(names: wantedNames) }

    private static var wantedNames: [String] {
        // Sound: the text is copied at once, and nothing here changes the environment.
        guard let text = unsafe getenv(variable) else { return names }
        let name = unsafe String(cString: text)
        return name.isEmpty ? names : [name]
    }

    /// The library.
    /// - Throws: `TLSError` with `libraryMissing`.
    package static func library() throws(TLSError) -> OpenSSL { try loaded.get() }

    /// Loads the library by the first name that the loader takes.
    package static func load(names: [String]) throws(TLSError) -> OpenSSL {
        guard names != ["none"] else {
            throw TLSError(.libraryMissing, .load, "\(variable) says that there is no OpenSSL")
        }
        let handle = try LibraryHandle(firstOf: names)
        var symbols = SymbolTable(handle)
        let general = unsafe GeneralFunctions(&symbols)
        let library = unsafe OpenSSL(&symbols, handle.name)
        guard symbols.missing.isEmpty else {
            throw TLSError(
                .libraryMissing, .load, place: handle.name,
                "it lacks " + symbols.missing.joined(separator: ", "))
        }
        let number = unsafe general.versionNumber()
        guard number >= leastVersion else {
            throw TLSError(
                .libraryMissing, .load, place: handle.name,
                "OpenSSL 3 or later is needed; this is \(String(number, radix: 16))")
        }
        guard unsafe general.initialize(noExitHandler, nil) == 1 else {
            throw TLSError(.libraryMissing, .load, place: handle.name, "it does not start")
        }
        return unsafe OpenSSL(library, version: String(cString: general.version(0)))
    }

    /// Looks every function up.
    @unsafe private init(_ symbols: inout SymbolTable, _ name: String) {
        unsafe errors = ErrorFunctions(&symbols)
        unsafe digests = DigestFunctions(&symbols)
        unsafe keys = KeyFunctions(&symbols)
        unsafe buffers = BufferFunctions(&symbols)
        unsafe certificates = CertificateFunctions(&symbols)
        unsafe contexts = ContextFunctions(&symbols)
        unsafe sessions = SessionFunctions(&symbols)
        unsafe tickets = TicketFunctions(&symbols)
        self.name = name
        version = ""
    }

    private init(_ other: OpenSSL, version: String) {
        unsafe errors = other.errors
        unsafe digests = other.digests
        unsafe keys = other.keys
        unsafe buffers = other.buffers
        unsafe certificates = other.certificates
        unsafe contexts = other.contexts
        unsafe sessions = other.sessions
        unsafe tickets = other.tickets
        name = other.name
        self.version = version
    }
}
