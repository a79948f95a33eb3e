import Foundation

/// An authority of certificates that lives as long as a test, and what it has signed. Everything is
/// made by the `openssl` tool, which shares no code with what is tested but the library itself.
package final class TestAuthority: Sendable {
    /// Path of the tool; nil when there is none on this machine.
    package static let tool = Environment.executable(named: "openssl")

    package static var isPresent: Bool { tool != nil }

    /// Why tests that need certificates are skipped.
    package static let absence = "no openssl tool: run `make setup`"

    /// A certificate and its key.
    package struct Certificate: Sendable {
        /// Path of the certificate, in PEM.
        package let chain: String
        /// Path of its key.
        package let key: String
        /// The folder of both, which is there as long as the certificate is.
        fileprivate let directory: TemporaryDirectory
    }

    /// What is unusual about a certificate.
    package enum Defect: Sendable {
        case none
        /// Its time is over.
        case expired
        /// Its time has not come.
        case future
        /// Signed with SHA-1.
        case weakDigest
    }

    /// The names and addresses that a server's certificate has unless it is asked for others.
    package static let names = "DNS:localhost,DNS:*.wild.test,IP:127.0.0.1,IP:::1"

    private let directory: TemporaryDirectory
    /// Path of the authority's own certificate.
    package var path: String { directory.file("ca.pem") }

    /// Makes an authority.
    package static func make(_ name: String = "test CA") async throws -> TestAuthority {
        let authority = try TestAuthority()
        try await authority.run("genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", "ca.key")
        try await authority.run(
            "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=\(name)", "-days", "3650",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign", "-out", "ca.pem")
        return authority
    }

    private static let curve = "ec_paramgen_curve:P-256"

    private init() throws { directory = try TemporaryDirectory() }

    /// Signs a new certificate.
    /// - Parameters:
    ///   - name: What its files are called; a second one of that name replaces the first.
    ///   - names: For which names and addresses; nil: for none, only with a common name.
    ///   - usage: `serverAuth` or `clientAuth`.
    ///   - passphrase: What the key is encrypted with.
    package func issue(
        _ name: String, names: String? = names, usage: String = "serverAuth",
        subject: String = "/CN=localhost", passphrase: String? = nil, _ defect: Defect = .none
    ) async throws -> Certificate {
        let lock = passphrase.map { ["-aes-256-cbc", "-pass", "pass:\($0)"] } ?? []
        let unlock = passphrase.map { ["-passin", "pass:\($0)"] } ?? []
        try await run(
            ["genpkey", "-algorithm", "EC", "-pkeyopt", Self.curve, "-out", "\(name).key"] + lock)
        try await run(
            ["req", "-new", "-key", "\(name).key", "-subj", subject, "-out", "\(name).csr"]
                + unlock)
        let alternatives = names.map { "subjectAltName=\($0)\n" } ?? ""
        try TestFile.write(
            alternatives + "extendedKeyUsage=\(usage)\n", to: directory.file("\(name).ext"))
        try await sign(name, defect)
        return Certificate(
            chain: directory.file("\(name).pem"), key: directory.file("\(name).key"),
            directory: directory)
    }

    private func sign(_ name: String, _ defect: Defect) async throws {
        guard defect == .future else {
            let days = defect == .expired ? "-1" : "3650"
            return try await run(
                [
                    "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-CAcreateserial", "-days", days, "-extfile", "\(name).ext", "-out",
                    "\(name).pem",
                ] + (defect == .weakDigest ? ["-sha1"] : []))
        }
        let folder = directory.file("db")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try TestFile.write("", to: folder + "/index")
        try TestFile.write("01\n", to: folder + "/serial")
        try TestFile.write(
            """
            [ca]
            default_ca=d
            [d]
            database=db/index
            serial=db/serial
            new_certs_dir=db
            default_md=sha256
            unique_subject=no
            policy=p
            [p]
            CN=supplied
            """ + "\n", to: directory.file("ca.cnf"))
        try await run(
            "ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile",
            "ca.key", "-in", "\(name).csr", "-startdate", "20900101000000Z", "-enddate",
            "20910101000000Z", "-extfile", "\(name).ext", "-out", "\(name).pem")
    }

    /// A certificate that nobody but itself has signed.
    package func selfSigned(_ name: String, key: String = "rsa:2048") async throws -> Certificate {
        try await run(
            "req", "-x509", "-newkey", key, "-nodes", "-keyout", "\(name).key", "-out",
            "\(name).pem", "-subj", "/CN=localhost", "-days", "30", "-addext",
            "subjectAltName=\(Self.names)")
        return Certificate(
            chain: directory.file("\(name).pem"), key: directory.file("\(name).key"),
            directory: directory)
    }

    /// A path in the authority's folder, which goes with it.
    package func file(_ name: String) -> String { directory.file(name) }

    private func run(_ arguments: String...) async throws { try await run(arguments) }

    private func run(_ arguments: [String]) async throws {
        guard let tool = Self.tool else { throw FixtureError(Self.absence) }
        let output = SpawnedProcess.pipe()
        let process = try SpawnedProcess(
            tool, arguments, in: directory.path, output: output.fileHandleForWriting,
            errors: output.fileHandleForWriting)
        try output.fileHandleForWriting.close()
        let log = LineLog(reading: output.fileHandleForReading)
        guard await process.end() == 0 else {
            _ = try await log.first { _ in false }
            throw FixtureError(
                "openssl \(arguments.joined(separator: " ")): "
                    + log.lines.suffix(5).joined(separator: " "))
        }
    }
}
