import Foundation
import Glibc

/// A real WebDAV server with a folder that it lets anybody write to.
package struct DAVServer: Sendable {
    /// Whose server it is.
    package enum Kind: String, Sendable, CaseIterable {
        case nginx, apache

        /// The program, or the one that `NGINX` or `APACHE` names; nil when the machine has none.
        package var path: String? {
            let named = ProcessInfo.processInfo.environment[rawValue.uppercased()] ?? ""
            let name = self == .nginx ? "nginx" : "apache2"
            return [named, "/usr/sbin/\(name)", "/usr/bin/\(name)"]
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        /// Those that the machine has.
        package static var present: [Kind] { allCases.filter { $0.path != nil } }
    }

    /// nginx; nil when the machine has none.
    package static var path: String? { Kind.nginx.path }

    /// Its address; `/` takes PUT, DELETE and MOVE, and `/guarded/` wants `bob:hush word` of
    /// whoever writes. nginx alone has `/plain/`, with no MOVE, where folders are made.
    package var url: String { "http://\(host):\(port)" }
    package let host: String
    package let port = Self.port
    private static let port = 8090
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    /// Lends a server.
    package static func run(
        _ kind: Kind = .nginx, _ body: (DAVServer) async throws -> Void
    ) async throws {
        let server = try await start(kind)
        do { try await body(server) } catch {
            try? await server.process.stop()
            throw error
        }
        try await server.process.stop()
    }

    private static func start(_ kind: Kind) async throws -> DAVServer {
        guard let path = kind.path else { throw FixtureError("no \(kind) on this machine") }
        let folder = try TemporaryDirectory()
        let host = LoopbackAddress.unused()
        try FileManager.default.createDirectory(
            atPath: folder.file("files"), withIntermediateDirectories: true)
        // The processes of a server that root starts may have another user.
        for name in [folder.path, folder.file("files")] {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: name)
        }
        let file = folder.file("server.conf")
        try TestFile.write("bob:{SHA}vhKNHdhJrjq6d517xvaQpeqGlLs=\n", to: folder.file("users"))
        try TestFile.write(
            kind == .nginx ? nginx(host, folder) : apache(host, folder), to: file)
        let process = try await ChildProcess(
            path,
            kind == .nginx ? ["-p", folder.path, "-c", file] : ["-f", file, "-DFOREGROUND"])
        // It says so when it listens.
        let words = ["start worker", "epoll", "resuming normal operations"]
        guard
            try await process.log.first(where: { line in words.contains { line.contains($0) } })
                != nil
        else { throw FixtureError("\(kind) ended: \(process.log.lines)") }
        return DAVServer(host: host, folder: folder, process: process)
    }

    private static func nginx(_ host: String, _ folder: TemporaryDirectory) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.file($0));" }.joined(separator: " ")
        return """
            daemon off; master_process off; pid \(folder.file("pid")); error_log stderr notice;
            user root;
            events { worker_connections 64; }
            http { access_log off; \(temporary) client_max_body_size 8m;
              server { listen \(host):\(port); root \(folder.file("files"));
                location / { dav_methods PUT DELETE MOVE; dav_access user:rw group:r all:r; }
                location /plain/ { dav_methods PUT DELETE; create_full_put_path on; }
                location /guarded/ { dav_methods PUT DELETE MOVE;
                  limit_except GET { auth_basic "x"; auth_basic_user_file \(folder.file("users")); }
                } } }
            """
    }

    private static func apache(_ host: String, _ folder: TemporaryDirectory) -> String {
        let modules = [
            "mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic",
            "dav",
            "dav_fs",
        ]
        let files = folder.file("files")
        return modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }
            .joined() + """
                ServerName \(host)
                Listen \(host):\(port)
                PidFile \(folder.file("pid"))
                Mutex file:\(folder.path)
                ErrorLog /dev/stderr
                LogLevel notice
                \(getuid() == 0 ? "User nobody\nGroup nogroup" : "")
                DocumentRoot \(files)
                DavLockDB \(folder.file("locks"))
                LimitRequestBody 8388608
                <Directory \(files)>
                Dav On
                </Directory>
                <Directory \(files)/guarded>
                AuthType Basic
                AuthName x
                AuthUserFile \(folder.file("users"))
                <LimitExcept GET HEAD>
                Require valid-user
                </LimitExcept>
                </Directory>

                """
    }

    /// The path of a file in its folder.
    package func file(_ name: String) -> String { folder.file("files/" + name) }

    /// The names in its folder.
    package func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.file("files"))
    }
}
