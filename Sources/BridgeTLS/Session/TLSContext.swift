/// What many connections of one configuration share: authorities, certificate, key, versions.
///
/// Sound: the pointer is to an object of the library's that counts its references and is never
/// changed after `init`, so that all threads may use it; it is let go of once, in `deinit`. Every
/// session holds the context that it came from.
@safe package final class TLSContext: @unchecked Sendable {
    let library: OpenSSL
    let pointer: OpaquePointer
    let isServer: Bool
    /// The name to check in place of the one that a connection is made to.
    private let serverName: String?
    private let checksNames: Bool
    let applicationProtocols: [String]
    /// The protocols as they stand on the wire; the library's choice for a server reads it.
    private let wireProtocols: UnsafeMutableBufferPointer<UInt8>
    /// What servers gave a client for its next connections; nil: each begins anew.
    let tickets: TLSTickets?

    /// A client's.
    /// - Throws: `TLSError`: `libraryMissing`, or `configuration` with what is wrong.
    package init(_ configuration: TLSConfiguration) throws(TLSError) {
        let protocols = try Self.wireForm(configuration.applicationProtocols)
        library = try OpenSSL.library()
        isServer = false
        serverName = configuration.serverName
        checksNames = !configuration.acceptsAnyCertificateInsecurely
        applicationProtocols = configuration.applicationProtocols
        tickets = configuration.resumesSessions ? TLSTickets() : nil
        unsafe wireProtocols = Self.copy(protocols)
        library.clearErrors()
        guard let pointer = unsafe library.contexts.new(library.contexts.clientMethod()) else {
            unsafe wireProtocols.deallocate()
            throw Self.failed(library)
        }
        // From here on `deinit` frees both.
        unsafe self.pointer = pointer
        if let serverName { _ = try TLSName(serverName) }
        try setUp(configuration.minimumVersion)
        if configuration.acceptsAnyCertificateInsecurely {
            unsafe library.contexts.setVerify(pointer, TLSNumbers.verifyNothing, nil)
        } else {
            try trust(configuration.trust)
            unsafe library.contexts.setVerify(pointer, TLSNumbers.verifyPeer, nil)
        }
        if let identity = configuration.identity { try identify(as: identity) }
        if tickets != nil { collectTickets() }
        guard !protocols.isEmpty else { return }
        // The one call where 0 means that all went well.
        let status = unsafe library.contexts.setProtocols(
            pointer, wireProtocols.baseAddress, UInt32(protocols.count))
        guard status == 0 else { throw Self.failed(library) }
    }

    /// A server's.
    /// - Throws: `TLSError`: `libraryMissing`, or `configuration` with what is wrong.
    package init(_ configuration: TLSServerConfiguration) throws(TLSError) {
        let protocols = try Self.wireForm(configuration.applicationProtocols)
        library = try OpenSSL.library()
        isServer = true
        serverName = nil
        checksNames = false
        applicationProtocols = configuration.applicationProtocols
        tickets = nil
        unsafe wireProtocols = Self.copy(protocols)
        library.clearErrors()
        guard let pointer = unsafe library.contexts.new(library.contexts.serverMethod()) else {
            unsafe wireProtocols.deallocate()
            throw Self.failed(library)
        }
        unsafe self.pointer = pointer
        try setUp(configuration.minimumVersion)
        try identify(as: configuration.identity)
        try ask(configuration.clientCertificates)
        guard !protocols.isEmpty else { return }
        unsafe library.contexts.setChoice(
            pointer, chooseProtocol,
            UnsafeMutableRawPointer(wireProtocols.baseAddress))
    }

    deinit {
        unsafe library.contexts.free(pointer)
        unsafe wireProtocols.deallocate()
    }

    /// The name that the peer of a connection must have; nil: any will do.
    /// - Throws: `TLSError` with `configuration` when the host is no name.
    func name(for host: String) throws(TLSError) -> TLSName { try TLSName(serverName ?? host) }

    /// Whether peers' names are compared at all.
    var isVerifying: Bool { checksNames }

    static func failed(_ library: OpenSSL, _ place: String = "") -> TLSError {
        TLSError(.configuration, .configure, place: place, library.takeFailure().words)
    }

    // MARK: Parts of a set-up. Sound, all of them: `pointer` is alive and nobody else has it yet.

    private func setUp(_ version: TLSVersion) throws(TLSError) {
        let mode =
            TLSNumbers.partialWrite | TLSNumbers.movingBuffer
            | (isServer ? TLSNumbers.releaseBuffers : 0)
        unsafe _ = library.contexts.control(pointer, TLSNumbers.mode, mode, nil)
        unsafe _ = library.contexts.setOptions(
            pointer, TLSNumbers.noRenegotiation | (isServer ? TLSNumbers.serverPreference : 0))
        let status = unsafe library.contexts.control(
            pointer, TLSNumbers.minimumVersion, version.number, nil)
        guard status == 1 else { throw Self.failed(library) }
    }

    private func trust(_ trust: TLSTrust) throws(TLSError) {
        switch trust {
        case .system: try unsafe library.trustSystem(pointer)
        case .authorities(let sources):
            for source in sources { try add(authorities: source, asClientAuthorities: false) }
            guard !sources.isEmpty else {
                throw TLSError(.configuration, .configure, "no authority is given to trust")
            }
        }
    }

    private func add(
        authorities source: PEMSource, asClientAuthorities: Bool
    ) throws(TLSError) {
        let store = unsafe library.contexts.store(pointer)
        var count = 0
        let text = try source.read()
        try unsafe library.certificates(in: text, source) { (certificate) throws(TLSError) in
            count += 1
            guard unsafe library.certificates.addToStore(store, certificate) == 1 else {
                throw Self.failed(library, source.description)
            }
            guard asClientAuthorities else { return }
            guard unsafe library.contexts.addClientAuthority(pointer, certificate) == 1 else {
                throw Self.failed(library, source.description)
            }
        }
        guard count > 0 else { throw Self.noCertificate(source) }
    }

    private static func noCertificate(_ source: PEMSource) -> TLSError {
        TLSError(
            .configuration, .configure, place: source.description, "there is no certificate in it")
    }

    private func identify(as identity: TLSIdentity) throws(TLSError) {
        var count = 0
        let chain = try identity.chain.read()
        try unsafe library.certificates(in: chain, identity.chain) {
            (certificate) throws(TLSError) in
            count += 1
            let status =
                if count == 1 {
                    unsafe Int(library.contexts.useCertificate(pointer, certificate))
                } else {
                    // 1: the context takes a reference of its own.
                    unsafe library.contexts.control(
                        pointer, TLSNumbers.addToChain, 1, UnsafeMutableRawPointer(certificate))
                }
            guard status == 1 else { throw Self.failed(library, identity.chain.description) }
        }
        guard count > 0 else { throw Self.noCertificate(identity.chain) }
        var text = try identity.key.read()
        defer { text.wipe() }
        let key = try unsafe library.privateKey(in: text, identity)
        defer { unsafe library.keys.free(key) }
        guard unsafe library.contexts.useKey(pointer, key) == 1 else {
            // The library also refuses a key here that does not fit the certificate.
            throw Self.failed(library, identity.key.description)
        }
        guard unsafe library.contexts.checkKey(pointer) == 1 else {
            throw Self.failed(library, identity.key.description)
        }
    }

    private func ask(_ certificates: TLSServerConfiguration.ClientCertificates) throws(TLSError) {
        let sources: [PEMSource]
        var mode = TLSNumbers.verifyPeer
        switch certificates {
        case .none: return
        case .optional(let authorities): sources = authorities
        case .required(let authorities):
            sources = authorities
            mode |= TLSNumbers.failWithoutPeer
        }
        guard !sources.isEmpty else {
            throw TLSError(.configuration, .configure, "no authority is given for clients")
        }
        for source in sources { try add(authorities: source, asClientAuthorities: true) }
        unsafe library.contexts.setVerify(pointer, mode, nil)
        // A client's certificate is looked at each time: one that is taken up again is not.
        unsafe _ = library.contexts.control(
            pointer, TLSNumbers.sessionCache, TLSNumbers.noCache, nil)
        unsafe _ = library.contexts.setOptions(pointer, TLSNumbers.noTickets)
        guard unsafe library.contexts.setTickets(pointer, 0) == 1 else {
            throw Self.failed(library)
        }
    }

    /// Has the library hand over what can be taken up again, and keep none of it.
    private func collectTickets() {
        unsafe _ = library.contexts.control(
            pointer, TLSNumbers.sessionCache, TLSNumbers.cacheOfClient, nil)
        unsafe library.contexts.setKeeper(pointer, TLSSession.keepTicket)
    }

    // MARK: Protocols

    /// Protocols as they stand on the wire: each behind its length (RFC 7301, 3.1).
    private static func wireForm(_ protocols: [String]) throws(TLSError) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in protocols {
            guard (1...255).contains(name.utf8.count) else {
                throw TLSError(
                    .configuration, .configure, "a protocol's name has 1 to 255 bytes")
            }
            bytes.append(UInt8(name.utf8.count))
            bytes += name.utf8
        }
        return bytes
    }

    /// With a zero behind them, which ends the list for `chooseProtocol`.
    private static func copy(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count + 1)
        for (index, byte) in (bytes + [0]).enumerated() {
            unsafe memory.initializeElement(at: index, to: byte)
        }
        return unsafe memory
    }
}

/// Chooses the first of a server's protocols that the client offers.
///
/// Sound: `own` is the list of a context that lives at least as long as its sessions, and ends with
/// a zero; `offered` has `count` bytes, checked by the library to be whole; what is chosen points
/// into it, as the library allows.
private let chooseProtocol: ContextFunctions.Choose = {
    _, chosen, chosenCount, offered, count, own in
    guard let own = unsafe own?.assumingMemoryBound(to: UInt8.self), let offered = unsafe offered,
        let chosen = unsafe chosen, let chosenCount = unsafe chosenCount
    else { return TLSNumbers.noProtocol }
    var mine = 0
    while unsafe own[mine] > 0 {
        let size = unsafe Int(own[mine])
        var position = 0
        while position < Int(count) {
            let offeredSize = unsafe Int(offered[position])
            if offeredSize == size, position + size < Int(count),
                (1...size).allSatisfy({ unsafe own[mine + $0] == offered[position + $0] })
            {
                unsafe chosen.pointee = offered + position + 1
                unsafe chosenCount.pointee = UInt8(size)
                return TLSNumbers.protocolChosen
            }
            position += 1 + offeredSize
        }
        mine += 1 + size
    }
    return TLSNumbers.noProtocol
}

/// Numbers of the library's headers, which are no symbols (3.0.19; 3.5.9 has the same).
enum TLSNumbers {
    // Commands of `SSL_CTX_ctrl` and `SSL_ctrl`.
    static let mode: Int32 = 33
    static let sessionCache: Int32 = 44
    static let minimumVersion: Int32 = 123
    static let addToChain: Int32 = 89
    static let setServerName: Int32 = 55
    // Modes.
    static let partialWrite = 1
    static let movingBuffer = 2
    static let releaseBuffers = 0x10
    // Caches of sessions: a client's, outside the library.
    static let cacheOfClient = 0x301
    static let noCache = 0
    // Options.
    static let noTickets: UInt64 = 0x4000
    static let serverPreference: UInt64 = 0x40_0000
    static let noRenegotiation: UInt64 = 0x4000_0000
    // How peers are verified.
    static let verifyNothing: Int32 = 0
    static let verifyPeer: Int32 = 1
    static let failWithoutPeer: Int32 = 2
    /// No partial wildcards (4), and never the common name (0x20), as RFC 9525 wants it.
    static let hostFlags: UInt32 = 0x24
    // Answers of a choice of protocols.
    static let protocolChosen: Int32 = 0
    static let noProtocol: Int32 = 3
    // What `SSL_get_error` says.
    static let errorOfLibrary: Int32 = 1
    static let wantsRead: Int32 = 2
    static let wantsWrite: Int32 = 3
    static let ended: Int32 = 6
    /// Command of `BIO_ctrl`: what reading memory that is empty returns.
    static let setEndOfMemory: Int32 = 130
}
