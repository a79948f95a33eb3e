import BridgeBytes
import BridgeHTTP
import Foundation
import TestKit
import Testing

/// A real browser whose page `fetch()`es links: the other end of the mission's scenarios.
@Suite(.patient, .enabled(if: Browser.path != nil, "no headless Chromium on this machine"))
struct BrowserTests {
    /// Reads a link whole, in part and whole again, and says what scripts may see of it.
    private static let page = """
        <!doctype html><body>not run<script>
        const link = location.search.slice(1);
        const seen = answer => ["content-length", "content-range", "etag"].filter(
            name => answer.headers.get(name)).join(" ");
        (async () => {
            const lines = [];
            for (const headers of [{}, {Range: "bytes=2-4"}, {}]) {
                const answer = await fetch(link, {headers, cache: "no-store"});
                lines.push(`${answer.status} ${await answer.text()} ${seen(answer)}`);
            }
            lines.push((await fetch(link.replace("1/x", "2/x"))).status);
            return lines.join("; ");
        })().catch(error => "blocked by " + error.name)
            .then(text => { document.body.textContent = text; });
        </script></body>
        """

    private static func pages() throws -> ScriptedServer {
        try ScriptedServer { connection, _ in
            guard connection.readHead() != nil else { return }
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                    + "Content-Length: \(page.utf8.count)\r\n\r\n\(page)")
        }
    }

    @Test func `a page of a listed origin reads a link, and one of another origin does not`()
        async throws
    {
        let (listed, other) = (try Self.pages(), try Self.pages())
        try await RunningServer.with {
            $0.browserOrigins = ["http://127.0.0.1:\(listed.port)"]
        } _: { running in
            let path = "/f/\(TestID.of(1))/x"
            let put = try await running.client { client throws in
                try client.request("PUT", path, body: Array("0123456789".utf8)).status
            }
            #expect(put == 201)
            let link = running.server.baseURL + path
            let whole = "200 0123456789 content-length etag"
            let text = try await Browser.text(of: "http://127.0.0.1:\(listed.port)/?\(link)")
            #expect(text == "\(whole); 206 234 content-length content-range etag; \(whole); 404")
            let blocked = try await Browser.text(of: "http://127.0.0.1:\(other.port)/?\(link)")
            #expect(blocked == "blocked by TypeError")
        }
    }
}

/// Runs the system's Chromium without a window.
enum Browser {
    /// The program, or the one that `CHROMIUM` names; nil when the machine has none.
    static let path: String? = [
        ProcessInfo.processInfo.environment["CHROMIUM"] ?? "", "/usr/bin/chromium-headless-shell",
        "/usr/bin/chromium",
    ].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// The text of a page when its scripts have run and its requests are answered.
    static func text(of url: String) async throws -> String {
        let folder = try TemporaryDirectory()
        let pipe = SpawnedProcess.pipe()
        let end = pipe.fileHandleForWriting
        let process = try SpawnedProcess(
            try #require(path),
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-proxy-server", "--user-data-dir=\(folder.file("profile"))",
                // Time of the page alone: it stands still while requests are under way.
                "--virtual-time-budget=60000", "--dump-dom", url,
            ], output: end, errors: nil)
        try end.close()
        let data = await onThread { pipe.fileHandleForReading.readDataToEndOfFile() }
        await process.end()
        let page = String(decoding: data, as: UTF8.self)
        let body = page.split(separator: "<body>").last?.split(separator: "</body>").first
        return String(body ?? "")
    }
}
