import Foundation
import TestKit

/// A forward proxy of proxy.py, for which every host is this machine.
enum ProxyPeer {
    private static let plugin = """
        from proxy.http.proxy import HttpProxyBasePlugin
        class Here(HttpProxyBasePlugin):
            def resolve_dns(self, host, port):
                return "127.0.0.1", None
        """

    /// Runs one for as long as the body runs, which gets its port and what it logs.
    /// - Parameter credentials: Whom it serves, as `user:password`.
    static func run(
        _ credentials: String, _ body: (Int, LineLog) async throws -> Void
    ) async throws {
        guard let python = HTTPSPeer.python else { throw FixtureError(HTTPSPeer.absence) }
        let folder = try TemporaryDirectory()
        try plugin.write(toFile: folder.file("here.py"), atomically: true, encoding: .utf8)
        let process = try await ChildProcess(
            python,
            [
                "-c",
                """
                import signal, sys
                sys.path.insert(0, sys.argv.pop(1))
                import proxy
                # The processes that it has begun end with it.
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
                with proxy.Proxy(sys.argv[1:]) as server:
                    print("port", server.flags.port, flush=True)
                    proxy.sleep_loop(server)
                """,
                folder.path, "--hostname", "127.0.0.1", "--port", "0", "--basic-auth", credentials,
                "--plugins", "here.Here", "--num-workers", "1", "--num-acceptors", "1",
            ])
        do {
            let line = try await process.log.first { $0.hasPrefix("port ") }
            guard let port = line.flatMap({ Int($0.text.dropFirst(5)) }) else {
                throw FixtureError("no proxy: \(process.log.lines.joined(separator: " "))")
            }
            try await body(port, process.log)
            try await process.stop()
        } catch {
            try? await process.stop()
            throw error
        }
    }
}
