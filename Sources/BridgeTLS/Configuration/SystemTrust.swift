internal import Glibc

/// The authorities that the system trusts.
///
/// The library knows where it expects them; where it was built for another system than the one it
/// runs on, the usual places are tried. None at all is an error of its own, since every certificate
/// would be refused with words that point elsewhere.
extension OpenSSL {
    private static let usualFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ]

    /// Adds them to a context.
    /// - Throws: `TLSError` with `configuration`.
    @unsafe func trustSystem(_ context: OpaquePointer) throws(TLSError) {
        // Sound, here and below: the context is alive; the library copies the path.
        let status = unsafe contexts.useDefaultPaths(context)
        if status == 1, hasDefaultAuthorities { return }
        clearErrors()
        // Who names a file means that one.
        guard Self.variable("SSL_CERT_FILE") == nil, Self.variable("SSL_CERT_DIR") == nil else {
            throw Self.noAuthorities("SSL_CERT_FILE or SSL_CERT_DIR names no authorities")
        }
        for path in Self.usualFiles where Self.exists(path) {
            if unsafe contexts.loadFile(context, path) == 1 { return }
            clearErrors()
        }
        throw Self.noAuthorities("no trusted authorities are installed on this system")
    }

    /// Files that change when the system's authorities do. The usual ones count only where the one
    /// that the library expects is missing.
    var systemTrustFiles: [String] {
        guard let file = Self.variable("SSL_CERT_FILE") ?? defaultAuthorityFile else {
            return Self.usualFiles
        }
        return Self.exists(file) ? [file] : [file] + Self.usualFiles
    }

    private var hasDefaultAuthorities: Bool {
        if let file = Self.variable("SSL_CERT_FILE") ?? defaultAuthorityFile, Self.exists(file) {
            return true
        }
        // Sound: a constant of the library.
        let folder = unsafe certificates.defaultFolder().map { unsafe String(cString: $0) }
        let folders = Self.variable("SSL_CERT_DIR") ?? folder ?? ""
        return folders.split(separator: ":").contains { Self.hasHashedNames(String($0)) }
    }

    private var defaultAuthorityFile: String? {
        // Sound: a constant of the library.
        unsafe certificates.defaultFile().map { unsafe String(cString: $0) }
    }

    private static func noAuthorities(_ words: String) -> TLSError {
        TLSError(.configuration, .configure, words)
    }

    private static func variable(_ name: String) -> String? {
        // Sound: the text is copied at once, and nothing here changes the environment.
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

    /// Whether a folder has what the library looks for: names such as `5ed36f99.0`.
    private static func hasHashedNames(_ path: String) -> Bool {
        guard let folder = unsafe opendir(path) else { return false }
        defer { unsafe _ = closedir(folder) }
        while let entry = unsafe readdir(folder) {
            // Sound: the system ends the name with a zero; the entry stands until the next call.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name.hasSuffix(".0") { return true }
        }
        return false
    }
}
