/// Memory that TLS reads from and writes to. Sound to look up: the types are the manual's.
@unsafe struct BufferFunctions: Sendable {
    typealias Method = @convention(c) @Sendable () -> OpaquePointer?
    typealias New = @convention(c) @Sendable (OpaquePointer?) -> OpaquePointer?
    typealias Wrap = @convention(c) @Sendable (UnsafeRawPointer?, Int32) -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Int32
    typealias Read =
        @convention(c) @Sendable (
            OpaquePointer?, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32
    typealias Write =
        @convention(c) @Sendable (
            OpaquePointer?, UnsafeRawPointer?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32
    typealias Pending = @convention(c) @Sendable (OpaquePointer?) -> Int
    typealias Control =
        @convention(c) @Sendable (
            OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?
        ) -> Int

    let memory: Method
    let new: New
    let wrap: Wrap
    let free: Free
    let read: Read
    let write: Write
    let pending: Pending
    let control: Control

    init(_ symbols: inout SymbolTable) {
        unsafe memory = symbols.find("BIO_s_mem")
        unsafe new = symbols.find("BIO_new")
        unsafe wrap = symbols.find("BIO_new_mem_buf")
        unsafe free = symbols.find("BIO_free")
        unsafe read = symbols.find("BIO_read_ex")
        unsafe write = symbols.find("BIO_write_ex")
        unsafe pending = symbols.find("BIO_ctrl_pending")
        unsafe control = symbols.find("BIO_ctrl")
    }
}

/// Certificates and keys in PEM.
@unsafe struct CertificateFunctions: Sendable {
    /// Asked for the passphrase of a key: memory, its size, 0 for reading, what was given.
    typealias Passphrase =
        @convention(c) @Sendable (
            UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
        ) -> Int32
    typealias Read =
        @convention(c) @Sendable (
            OpaquePointer?, OpaquePointer?, Passphrase?, UnsafeMutableRawPointer?
        ) -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void
    typealias Add = @convention(c) @Sendable (OpaquePointer?, OpaquePointer?) -> Int32
    typealias Words = @convention(c) @Sendable (Int) -> UnsafePointer<CChar>?
    typealias DefaultFile = @convention(c) @Sendable () -> UnsafePointer<CChar>?

    let read: Read
    let readKey: Read
    let free: Free
    let addToStore: Add
    let verificationWords: Words
    let defaultFile: DefaultFile
    let defaultFolder: DefaultFile

    init(_ symbols: inout SymbolTable) {
        unsafe read = symbols.find("PEM_read_bio_X509")
        unsafe readKey = symbols.find("PEM_read_bio_PrivateKey")
        unsafe free = symbols.find("X509_free")
        unsafe addToStore = symbols.find("X509_STORE_add_cert")
        unsafe verificationWords = symbols.find("X509_verify_cert_error_string")
        unsafe defaultFile = symbols.find("X509_get_default_cert_file")
        unsafe defaultFolder = symbols.find("X509_get_default_cert_dir")
    }
}

/// What many connections share.
@unsafe struct ContextFunctions: Sendable {
    /// Chooses a protocol for a client: 0 for one, 3 for none (`SSL_TLSEXT_ERR_…`).
    typealias Choose =
        @convention(c) @Sendable (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
            UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> Int32
    typealias Method = @convention(c) @Sendable () -> OpaquePointer?
    typealias New = @convention(c) @Sendable (OpaquePointer?) -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void
    typealias Control =
        @convention(c) @Sendable (
            OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?
        ) -> Int
    typealias Options = @convention(c) @Sendable (OpaquePointer?, UInt64) -> UInt64
    typealias SetVerify =
        @convention(c) @Sendable (OpaquePointer?, Int32, OpaquePointer?) -> Void
    typealias Use = @convention(c) @Sendable (OpaquePointer?, OpaquePointer?) -> Int32
    typealias Check = @convention(c) @Sendable (OpaquePointer?) -> Int32
    typealias LoadFile =
        @convention(c) @Sendable (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
    typealias SetProtocols =
        @convention(c) @Sendable (OpaquePointer?, UnsafePointer<UInt8>?, UInt32) -> Int32
    typealias SetChoice =
        @convention(c) @Sendable (OpaquePointer?, Choose?, UnsafeMutableRawPointer?) -> Void
    /// Told of a session that can be taken up again: 0 leaves the library its reference.
    typealias Keep = @convention(c) @Sendable (OpaquePointer?, OpaquePointer?) -> Int32
    typealias SetTickets = @convention(c) @Sendable (OpaquePointer?, Int) -> Int32
    typealias SetKeeper = @convention(c) @Sendable (OpaquePointer?, Keep?) -> Void

    let clientMethod: Method
    let serverMethod: Method
    let new: New
    let free: Free
    let control: Control
    let setOptions: Options
    let setVerify: SetVerify
    let store: New
    let useDefaultPaths: Check
    let loadFile: LoadFile
    let useCertificate: Use
    let useKey: Use
    let checkKey: Check
    let setProtocols: SetProtocols
    let setChoice: SetChoice
    let setTickets: SetTickets
    let addClientAuthority: Use
    let setKeeper: SetKeeper

    init(_ symbols: inout SymbolTable) {
        unsafe clientMethod = symbols.find("TLS_client_method")
        unsafe serverMethod = symbols.find("TLS_server_method")
        unsafe new = symbols.find("SSL_CTX_new")
        unsafe free = symbols.find("SSL_CTX_free")
        unsafe control = symbols.find("SSL_CTX_ctrl")
        unsafe setOptions = symbols.find("SSL_CTX_set_options")
        unsafe setVerify = symbols.find("SSL_CTX_set_verify")
        unsafe store = symbols.find("SSL_CTX_get_cert_store")
        unsafe useDefaultPaths = symbols.find("SSL_CTX_set_default_verify_paths")
        unsafe loadFile = symbols.find("SSL_CTX_load_verify_file")
        unsafe useCertificate = symbols.find("SSL_CTX_use_certificate")
        unsafe useKey = symbols.find("SSL_CTX_use_PrivateKey")
        unsafe checkKey = symbols.find("SSL_CTX_check_private_key")
        unsafe setProtocols = symbols.find("SSL_CTX_set_alpn_protos")
        unsafe setChoice = symbols.find("SSL_CTX_set_alpn_select_cb")
        unsafe setTickets = symbols.find("SSL_CTX_set_num_tickets")
        unsafe addClientAuthority = symbols.find("SSL_CTX_add_client_CA")
        unsafe setKeeper = symbols.find("SSL_CTX_sess_set_new_cb")
    }
}

/// One connection.
@unsafe struct SessionFunctions: Sendable {
    typealias New = @convention(c) @Sendable (OpaquePointer?) -> OpaquePointer?
    typealias Free = @convention(c) @Sendable (OpaquePointer?) -> Void
    typealias SetBuffers =
        @convention(c) @Sendable (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Void
    typealias Step = @convention(c) @Sendable (OpaquePointer?) -> Int32
    typealias ErrorOf = @convention(c) @Sendable (OpaquePointer?, Int32) -> Int32
    typealias Result = @convention(c) @Sendable (OpaquePointer?) -> Int
    typealias SetName =
        @convention(c) @Sendable (OpaquePointer?, UnsafePointer<CChar>?, Int) -> Int32
    typealias SetAddress =
        @convention(c) @Sendable (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
    typealias SetFlags = @convention(c) @Sendable (OpaquePointer?, UInt32) -> Void
    typealias Words = @convention(c) @Sendable (OpaquePointer?) -> UnsafePointer<CChar>?
    typealias Chosen =
        @convention(c) @Sendable (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
            UnsafeMutablePointer<UInt32>?
        ) -> Void

    let new: New
    let free: Free
    let setBuffers: SetBuffers
    let setClient: Free
    let setServer: Free
    let control: ContextFunctions.Control
    let handshake: Step
    let read: BufferFunctions.Read
    let write: BufferFunctions.Write
    let error: ErrorOf
    let shutdown: Step
    let verifyResult: Result
    let parameters: New
    let setHost: SetName
    let setAddress: SetAddress
    let setHostFlags: SetFlags
    let version: Words
    let cipher: New
    let cipherName: Words
    let chosenProtocol: Chosen

    init(_ symbols: inout SymbolTable) {
        unsafe new = symbols.find("SSL_new")
        unsafe free = symbols.find("SSL_free")
        unsafe setBuffers = symbols.find("SSL_set_bio")
        unsafe setClient = symbols.find("SSL_set_connect_state")
        unsafe setServer = symbols.find("SSL_set_accept_state")
        unsafe control = symbols.find("SSL_ctrl")
        unsafe handshake = symbols.find("SSL_do_handshake")
        unsafe read = symbols.find("SSL_read_ex")
        unsafe write = symbols.find("SSL_write_ex")
        unsafe error = symbols.find("SSL_get_error")
        unsafe shutdown = symbols.find("SSL_shutdown")
        unsafe verifyResult = symbols.find("SSL_get_verify_result")
        unsafe parameters = symbols.find("SSL_get0_param")
        unsafe setHost = symbols.find("X509_VERIFY_PARAM_set1_host")
        unsafe setAddress = symbols.find("X509_VERIFY_PARAM_set1_ip_asc")
        unsafe setHostFlags = symbols.find("X509_VERIFY_PARAM_set_hostflags")
        unsafe version = symbols.find("SSL_get_version")
        unsafe cipher = symbols.find("SSL_get_current_cipher")
        unsafe cipherName = symbols.find("SSL_CIPHER_get_name")
        unsafe chosenProtocol = symbols.find("SSL_get0_alpn_selected")
    }
}
