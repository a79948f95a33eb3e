import BridgeTLS
import Foundation
import TestKit

/// An HTTPS server of Python's `http.server` and `ssl`.
struct HTTPSPeer {
    let authority: TestAuthority
    let host = "127.0.0.1"
    let port: Int
    private let process: ChildProcess

    /// What answers: `/size/N` with N bytes, `/closed` and `/cut` with a body that the end of the
    /// connection ends, in order or not; a PUT with the digest of what came, and every answer with
    /// the number of its connection, the name that it was asked for (SNI) and the protocol (ALPN).
    private static let program = """
        import hashlib, http.server, itertools, ssl, sys
        numbers = itertools.count(1)
        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def setup(self):
                super().setup()
                self.number = next(numbers)
            def log_message(self, *_): pass
            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Connection", str(self.number))
                self.send_header("X-Name", str(self.connection.name))
                self.send_header("X-Protocol", str(self.connection.selected_alpn_protocol()))
                self.end_headers()
                self.wfile.write(body)
            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(hashlib.sha256(body).hexdigest().encode())
            def do_GET(self):
                if self.path.startswith("/size/"):
                    return self.answer(b"x" * int(self.path[6:]))
                self.close_connection = True
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(b"y" * 1000)
                self.wfile.flush()
                if self.path == "/closed":
                    try: self.connection.unwrap()
                    except (OSError, ssl.SSLError): pass
        chain, key, authority, protocols, oldest = sys.argv[1:6]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        ssl.SSLSocket.name = None
        def named(connection, name, _): connection.name = name
        context.sni_callback = named
        if protocols: context.set_alpn_protocols(protocols.split(","))
        if oldest: # and no later one
            context.minimum_version = context.maximum_version = ssl.TLSVersion[oldest]
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
        class Server(http.server.ThreadingHTTPServer):
            def get_request(self):
                connection, address = super().get_request()
                return context.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False), address
            def handle_error(self, *_): pass
        server = Server(("127.0.0.1", 0), Answers)
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """

    /// Path of the interpreter; nil when there is none.
    static let python =
        [Environment.value("NATSBRIDGE_PYTHON"), PackageRoot.file(".tools/venv/bin/python")]
        .compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }

    static let absence = "no Python: run `make setup`, or set NATSBRIDGE_PYTHON"

    /// Runs a server for as long as the body runs.
    /// - Parameters:
    ///   - protocols: What it speaks, with commas between; empty: it does not say.
    ///   - version: The one version of TLS that it speaks, such as `TLSv1_1`.
    static func run(
        certificate: TestAuthority.Certificate? = nil, of authority: TestAuthority,
        asksForCertificates: Bool = false, protocols: String = "", version: String = "",
        _ body: (HTTPSPeer) async throws -> Void
    ) async throws {
        guard let python else { throw FixtureError(absence) }
        let own: TestAuthority.Certificate
        if let certificate { own = certificate } else { own = try await authority.issue("server") }
        let process = try await ChildProcess(
            python,
            [
                "-c", program, own.chain, own.key, asksForCertificates ? authority.path : "",
                protocols, version,
            ])
        let line = try await process.log.first { $0.hasPrefix("port ") }
        guard let port = line.flatMap({ Int($0.text.dropFirst(5)) }) else {
            throw FixtureError("no HTTPS server: \(process.log.lines.joined(separator: " "))")
        }
        do {
            try await body(HTTPSPeer(authority: authority, port: port, process: process))
            try await process.stop()
        } catch {
            try? await process.stop()
            throw error
        }
    }

    private init(authority: TestAuthority, port: Int, process: ChildProcess) {
        self.authority = authority
        self.port = port
        self.process = process
    }
}
