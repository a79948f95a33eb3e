import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Foundation
import HTTPWire
import TestKit
import Testing

/// A file server that others know by the public URL of a real reverse proxy (failures.md B5).
@Suite(.patient, .enabled(if: Nginx.path != nil, "no nginx on this machine"))
struct ReverseProxyTests {
    private func store(_ url: String) throws -> FileServerStore {
        try FileServerStore(baseURL: HTTPURL(url))
    }

    @Test(
        "Links lead through the proxy, for whoever has uploaded where", arguments: ["", "/files"])
    func publicURL(prefix: String) async throws {
        let folder = try TemporaryDirectory()
        let nginx = try await Nginx.start(in: folder, prefix: prefix)
        var options = FileServerOptions(directory: folder.file("store"))
        options.publicBaseURL = nginx.url
        options.port = nginx.target
        let server = try await FileServer.start(options)
        let inside = try store("http://127.0.0.1:\(server.port)")
        let outside = try store(nginx.url)
        var generator = SeededGenerator(seed: 3)
        for size in [0, 1000, 3_000_000] {
            let bytes = Bytes(generator.bytes(size))
            for sender in [inside, outside] {
                let claim = try await sender.upload(
                    ClaimContent(name: "a photo.png", segments: [bytes]), correlationID: "")
                #expect(claim.url.hasPrefix("\(nginx.url)/f/"))
                // The receiver knows the public name alone, and so does its policy.
                let got = try await outside.download(
                    ClaimDownload(url: claim.url, expectedChecksum: claim.checksum))
                #expect(got == bytes)
                try await outside.checkLink(claim, policy: nil, correlationID: "")
                try await sender.delete(claim, correlationID: "")
            }
        }
        #expect(server.stored.files == 0)
        await server.stop()
        await nginx.stop()
    }
}

/// A real nginx before a file server.
private struct Nginx: Sendable {
    /// The program, or the one that `NGINX` names; nil when the machine has none.
    static let path: String? = [
        ProcessInfo.processInfo.environment["NGINX"] ?? "", "/usr/sbin/nginx", "/usr/bin/nginx",
    ].first { FileManager.default.isExecutableFile(atPath: $0) }

    let url: String
    /// Where it expects the file server.
    let target: Int
    private let process: ChildProcess

    static func start(in folder: TemporaryDirectory, prefix: String) async throws -> Nginx {
        let path = try #require(Self.path)
        // Ports that were free a moment ago: nginx takes no other.
        let port = try ScriptedServer { _, _ in }.port
        let target = try ScriptedServer { _, _ in }.port
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.file($0));" }.joined(separator: " ")
        let text = """
            daemon off; master_process off; pid \(folder.file("pid")); error_log stderr;
            events { worker_connections 64; }
            http { access_log off; \(temporary) client_max_body_size 100m;
              server { listen 127.0.0.1:\(port);
                location \(prefix)/ {
                  proxy_pass http://127.0.0.1:\(target)/; proxy_http_version 1.1;
                  proxy_request_buffering off; } } }
            """
        let file = folder.file("nginx.conf")
        try TestFile.write(text, to: file)
        return Nginx(
            url: "http://127.0.0.1:\(port)\(prefix)", target: target,
            process: try await ChildProcess(path, ["-p", folder.path, "-c", file]))
    }

    func stop() async { try? await process.stop() }
}
