import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Requests by way of a proxy (failures.md C14).
@Suite(.patient) struct HTTPProxyTests {
    private static func server() throws -> (ScriptedServer, () -> [String]) {
        final class Heads: Sendable { let all = Mutex<[String]>([]) }
        let heads = Heads()
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                heads.all.withLock { $0.append(head) }
                connection.send("HTTP/1.1 204 X\r\n\r\n")
            }
        }
        return (server, { heads.all.withLock { $0 } })
    }

    @Test("A request goes to the proxy whole, with the name of the host that it is for")
    func absoluteForm() async throws {
        let (server, heads) = try Self.server()
        var options = HTTPClientOptions()
        options.proxy = try HTTPProxy("http://us%20er:pass@127.0.0.1:\(server.port)")
        let client = try HTTPClient(options)
        for host in ["files.example", "other.example:81"] {
            let url = try HTTPURL("http://\(host)/f/1/x?y=1")
            #expect(try await client.send(HTTPRequest("GET", url)).status == 204)
        }
        client.close()
        let found = heads()
        #expect(found[0].hasPrefix("GET http://files.example/f/1/x?y=1 HTTP/1.1\r\n"))
        #expect(found[0].contains("Host: files.example\r\n"))
        #expect(found[0].contains("Proxy-Authorization: Basic dXMgZXI6cGFzcw==\r\n"))
        #expect(found[1].hasPrefix("GET http://other.example:81/f/1/x?y=1 HTTP/1.1\r\n"))
        // One connection serves all hosts.
        #expect(server.connectionCount == 1)
        #expect(!"\(options.proxy as Any)".contains("pass"))
    }

    @Test("This machine, what is excepted, and what has been judged is reached without it")
    func exceptions() throws {
        let proxy = try HTTPProxy(
            "proxy.example:3128", exceptions: " .intern.example, 10.0.0.7,a:81")
        for (url, isProxied) in [
            ("http://localhost/", false), ("http://127.0.0.9:81/", false), ("http://[::1]/", false),
            ("http://x.localhost/", false), ("http://intern.example/", false),
            ("http://a.b.INTERN.example/", false), ("http://xintern.example/", true),
            ("http://10.0.0.7/", false), ("http://10.0.0.70/", true), ("http://a:81/", false),
            ("http://a/", true), ("http://127.example/", true),
        ] {
            #expect(proxy.applies(to: try HTTPURL(url)) == isProxied, "\(url)")
        }
        #expect(!(try HTTPProxy("p", exceptions: "*").applies(to: HTTPURL("http://a/"))))
    }

    @Test("The environment names it by the words that tools know")
    func environment() throws {
        func proxy(_ values: [String: String]) throws -> HTTPProxy? {
            try HTTPProxy.fromEnvironment { values[$0] }
        }
        #expect(try proxy([:]) == nil && proxy(["HTTP_PROXY": "http://evil.example"]) == nil)
        #expect(try proxy(["http_proxy": ""]) == nil)
        let found = try proxy(["http_proxy": "http://a:1", "all_proxy": "b:2", "no_proxy": "c"])
        #expect(found?.url.host == "a" && found?.exceptions == ["c"])
        #expect(try proxy(["all_proxy": "b:2", "NO_PROXY": "d"])?.url.port == 2)
        for text in ["http://", "socks5://a", "https://a:1", "http://a:99999"] {
            #expect(throws: HTTPError.self, "\(text)") { try proxy(["http_proxy": text]) }
        }
    }
}
