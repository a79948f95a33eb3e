import Foundation

/// A real nginx with a folder that it lets anybody write to.
package struct DAVServer: Sendable {
    /// The program, or the one that `NGINX` names; nil when the machine has none.
    package static let path: String? = [
        ProcessInfo.processInfo.environment["NGINX"] ?? "", "/usr/sbin/nginx", "/usr/bin/nginx",
    ].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Its address; `/` takes PUT, DELETE and MOVE, `/plain/` no MOVE and makes folders, and
    /// `/guarded/` wants `bob:hush word` of whoever writes.
    package var url: String { "http://\(host):\(port)" }
    package let host: String
    package let port = 8090
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    /// Lends a server.
    package static func run(_ body: (DAVServer) async throws -> Void) async throws {
        let server = try await start()
        do { try await body(server) } catch {
            try? await server.process.stop()
            throw error
        }
        try await server.process.stop()
    }

    private static func start() async throws -> DAVServer {
        guard let path else { throw FixtureError("no nginx on this machine") }
        let folder = try TemporaryDirectory()
        let host = LoopbackAddress.unused()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.file($0));" }.joined(separator: " ")
        try FileManager.default.createDirectory(
            atPath: folder.file("files"), withIntermediateDirectories: true)
        let text = """
            daemon off; master_process off; pid \(folder.file("pid")); error_log stderr notice;
            user root;
            events { worker_connections 64; }
            http { access_log off; \(temporary) client_max_body_size 8m;
              server { listen \(host):8090; root \(folder.file("files"));
                location / { dav_methods PUT DELETE MOVE; dav_access user:rw group:r all:r; }
                location /plain/ { dav_methods PUT DELETE; create_full_put_path on; }
                location /guarded/ { dav_methods PUT DELETE MOVE;
                  limit_except GET { auth_basic "x"; auth_basic_user_file \(folder.file("users")); }
                } } }
            """
        try TestFile.write("bob:{PLAIN}hush word\n", to: folder.file("users"))
        let file = folder.file("nginx.conf")
        try TestFile.write(text, to: file)
        let process = try await ChildProcess(path, ["-p", folder.path, "-c", file])
        // It says so when it listens.
        guard
            try await process.log.first(where: {
                $0.contains("start worker") || $0.contains("epoll")
            }) != nil
        else { throw FixtureError("nginx ended: \(process.log.lines)") }
        return DAVServer(host: host, folder: folder, process: process)
    }

    /// The path of a file in its folder.
    package func file(_ name: String) -> String { folder.file("files/" + name) }

    /// The names in its folder.
    package func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.file("files"))
    }
}
