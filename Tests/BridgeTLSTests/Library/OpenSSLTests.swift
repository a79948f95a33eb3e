import BridgeBytes
import BridgeTLS
import Foundation
import TestKit
import Testing

@Suite struct OpenSSLTests {
    @Test(.needsOpenSSL) func `the system's library is loaded, version 3 or later`() throws {
        let library = try OpenSSL.library()
        #expect(library.version.hasPrefix("OpenSSL "))
        // Unless the run is for another one.
        let wanted = ProcessInfo.processInfo.environment[OpenSSL.variable]
        #expect(wanted.map { $0 == library.name } ?? library.name.hasPrefix("libssl.so."))
    }

    @Test func `a library that is not there is an error that names what was tried`() {
        let names = ["libssl.so.nowhere", "/nowhere/libssl.so.3"]
        let error = #expect(throws: TLSError.self) { try OpenSSL.load(names: names) }
        #expect(error?.reason == .libraryMissing)
        #expect(error?.code == .tlsUnavailable)
        for name in names { #expect(error?.detail.contains(name) == true) }
    }

    @Test func `a library that lacks functions is an error that names them`() {
        // The C library has none of them.
        let error = #expect(throws: TLSError.self) { try OpenSSL.load(names: ["libc.so.6"]) }
        #expect(error?.code == .tlsUnavailable)
        #expect(error?.detail.contains("SSL_read_ex") == true)
        #expect(error?.detail.contains("EVP_DigestSign") == true)
    }

    @Test func `the word none hides the library`() {
        let error = #expect(throws: TLSError.self) { try OpenSSL.load(names: ["none"]) }
        #expect(error?.description.contains(OpenSSL.variable) == true)
    }
}
