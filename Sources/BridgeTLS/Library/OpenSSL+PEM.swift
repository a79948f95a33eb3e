extension OpenSSL {
    /// The library's number for "no more in this text" (`PEM_R_NO_START_LINE`).
    private static let noMore = 108

    /// Calls `body` with each certificate of a text, which is freed afterwards.
    /// - Throws: `TLSError` with `configuration`, or what `body` throws.
    @unsafe func certificates(
        in text: [UInt8], _ source: PEMSource, _ body: (OpaquePointer) throws(TLSError) -> Void
    ) throws(TLSError) {
        let buffer = try Memory(text, self)
        clearErrors()
        // Sound: the buffer's memory stands until the end, and a certificate until it is freed.
        while let certificate = unsafe certificates.read(buffer.pointer, nil, refusePassphrase, nil)
        {
            defer { unsafe certificates.free(certificate) }
            try unsafe body(certificate)
        }
        let failure = takeFailure()
        guard failure.part == LibraryFailure.pem, failure.reason == Self.noMore else {
            throw TLSError(
                .configuration, .configure, place: source.description,
                "a certificate cannot be read: \(failure.words)")
        }
    }

    /// The private key of a text; the caller frees it.
    /// - Throws: `TLSError` with `configuration`: also where a passphrase is wrong or missing,
    ///   which is never asked for.
    @unsafe func privateKey(
        in text: [UInt8], _ identity: TLSIdentity
    ) throws(TLSError) -> OpaquePointer {
        let buffer = try Memory(text, self)
        clearErrors()
        var passphrase = Array((identity.passphrase ?? "").utf8)
        defer { passphrase.wipe() }
        // Sound: the library asks while the call lasts, and the memory stands as long.
        let key = unsafe passphrase.withUnsafeBufferPointer { bytes in
            var view = unsafe bytes
            let isGiven = identity.passphrase != nil
            return unsafe withUnsafeMutablePointer(to: &view) {
                unsafe certificates.readKey(
                    buffer.pointer, nil, isGiven ? givePassphrase : refusePassphrase,
                    UnsafeMutableRawPointer($0))
            }
        }
        if let key = unsafe key { return unsafe key }
        let failure = takeFailure()
        let isMissing = failure.part == LibraryFailure.pem && failure.reason == Self.noMore
        throw TLSError(
            .configuration, .configure, place: identity.key.description,
            isMissing
                ? "there is no private key in it"
                : "the key cannot be read, perhaps for its passphrase: \(failure.words)")
    }

    /// Text that the library reads where it lies.
    @safe private struct Memory: ~Copyable {
        let pointer: OpaquePointer
        private let text: UnsafeMutableBufferPointer<UInt8>
        private let library: OpenSSL

        init(_ text: [UInt8], _ library: OpenSSL) throws(TLSError) {
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
            unsafe _ = copy.initialize(from: text)
            guard
                let pointer = unsafe library.buffers.wrap(copy.baseAddress, Int32(text.count))
            else {
                unsafe copy.deallocate()
                throw TLSError(.configuration, .configure, "there is no text in it")
            }
            unsafe self.pointer = pointer
            unsafe self.text = copy
            self.library = library
        }

        deinit {
            // Sound: both are this value's alone; a key may have stood there, so it is wiped.
            unsafe _ = library.buffers.free(pointer)
            unsafe wipe(UnsafeMutableRawBufferPointer(text))
            unsafe text.deallocate()
        }
    }
}

/// Gives the passphrase that the library's fourth argument points to.
///
/// Sound: the pointer is to a view of memory that stands while the library calls; no more than
/// `size` bytes are written.
private let givePassphrase: CertificateFunctions.Passphrase = { memory, size, _, given in
    guard let view = unsafe given?.assumingMemoryBound(to: UnsafeBufferPointer<UInt8>.self).pointee,
        let memory = unsafe memory, view.count <= Int(size)
    else { return -1 }
    for index in view.indices { unsafe memory[index] = CChar(bitPattern: view[index]) }
    return Int32(view.count)
}

/// Gives none: without it the library would ask on the terminal.
private let refusePassphrase: CertificateFunctions.Passphrase = { _, _, _, _ in -1 }
