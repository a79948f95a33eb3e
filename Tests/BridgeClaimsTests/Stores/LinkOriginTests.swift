import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// What links begin with: the sender's public URL, else the server's, else what the sender used
/// (failures.md B5).
@Suite(.patient) struct LinkOriginTests {
    /// The link that comes of an upload to a server that answers with this Location.
    private func link(
        location: String?, host: String = "127.0.0.1", publicURL: String? = nil
    ) async throws -> (link: HTTPURL, id: String, port: Int) {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                let field = location.map { "Location: \($0)\r\n" } ?? ""
                connection.send("HTTP/1.1 201 Created\r\n\(field)Content-Length: 0\r\n\r\n")
            }
        }
        let store = try FileServerStore(
            baseURL: HTTPURL("http://\(host):\(server.port)"),
            publicBaseURL: try publicURL.map { try HTTPURL($0) })
        let claim = try await store.upload(
            ClaimContent(name: "x y", segments: [Bytes([1])]), correlationID: "")
        return (try HTTPURL(claim.url), claim.id, server.port)
    }

    @Test("A server that says nothing, or only a path, is found where the sender has found it")
    func ownView() async throws {
        let plain = try await link(location: nil)
        #expect(plain.link.text == "http://127.0.0.1:\(plain.port)/f/\(plain.id)/x%20y")
        let path = try await link(location: "/files/1/x?k=v", host: "localhost")
        #expect(path.link.text == "http://localhost:\(path.port)/files/1/x?k=v")
    }

    @Test(
        "An address that means nothing to others is not one",
        arguments: ["http://0.0.0.0:9/f/1/x", "http://[::]:9/f/1/x", "http://0:9/f/1/x"])
    func wildcard(location: String) async throws {
        let found = try await link(location: location)
        #expect(found.link.text == "http://127.0.0.1:\(found.port)/f/1/x")
    }

    @Test("The server's own public URL counts, and the sender's before it")
    func publicURLs() async throws {
        let server = try await link(location: "http://files.example/a/f/1/x")
        #expect(server.link.text == "http://files.example/a/f/1/x")
        let sender = try await link(
            location: "http://files.example/f/1/x", publicURL: "http://other.example:81/base/")
        #expect(sender.link.text == "http://other.example:81/base/f/\(sender.id)/x%20y")
        // Behind a proxy on this machine.
        let proxy = try await link(location: "http://127.0.0.2:9/f/1/x")
        #expect(proxy.link.text == "http://127.0.0.2:9/f/1/x")
    }

    @Test("A signature goes with the link, whatever that begins with")
    func signature() async throws {
        let query = "?expires=1&signature=0"
        for publicURL in [nil, "http://other.example:81/base/"] {
            for location in ["/f/1/x\(query)", "http://files.example/f/1/x\(query)"] {
                let found = try await link(location: location, publicURL: publicURL)
                #expect(found.link.text.hasSuffix(query))
                #expect(found.link.description.hasSuffix("?…"))
            }
        }
    }

    @Test("A server that demands signatures serves its senders and their receivers")
    func demanded() async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.linkSigning = .demanded
        options.deleteToken = "delete-0123456789abcdef"
        let server = try await FileServer.start(options)
        let base = try HTTPURL(server.baseURL)
        for name in [nil, try HTTPURL("http://localhost:\(server.port)")] {
            let store = try FileServerStore(
                baseURL: base, publicBaseURL: name, token: options.deleteToken)
            // The second is large enough to be sent so that it could go on.
            for size in [1, 2 << 20] {
                let content = ClaimContent(
                    name: "x", segments: [Bytes([UInt8](repeating: 1, count: size))])
                let claim = try await store.upload(content, correlationID: "")
                try await store.checkLink(claim, policy: nil, correlationID: "")
                let got = try await store.download(ClaimDownload(url: claim.url))
                #expect(got.count == size && got[0] == 1)
                guard name == nil else { continue }
                try await store.delete(link: claim.url, policy: nil, correlationID: "")
            }
        }
        #expect(server.stored.files == 2)
        await server.stop()
    }

    @Test("An upload whose answer was lost is told its signed link all the same")
    func lostAnswer() async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.path)
        options.linkSigning = .demanded
        let server = try await FileServer.start(options)
        let proxy = try FaultProxy(to: server.port)
        proxy.set(.with { $0.limit = 10 }, .toClient)
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(proxy.port)"))
        async let upload = store.upload(
            ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
        #expect(await Pace.until(patience) { server.stored.files == 1 })
        // The connection that stands is cut all the same.
        proxy.set(Toxics(), .toClient, scope: .future)
        let claim = try await upload
        #expect(claim.url.contains("&signature="))
        let receiver = try FileServerStore(baseURL: HTTPURL(server.baseURL))
        let link = claim.url.replacing(":\(proxy.port)", with: ":\(server.port)")
        #expect(try await receiver.download(ClaimDownload(url: link)) == [1])
        await server.stop()
    }

    @Test("Of the loopback's names the sender's counts")
    func loopback() async throws {
        let directory = try TemporaryDirectory()
        let server = try await FileServer.start(FileServerOptions(directory: directory.path))
        for host in ["localhost", "127.0.0.1"] {
            let store = try FileServerStore(baseURL: HTTPURL("http://\(host):\(server.port)"))
            let claim = try await store.upload(
                ClaimContent(name: "x", segments: [Bytes([1])]), correlationID: "")
            #expect(claim.url.hasPrefix("http://\(host):\(server.port)/f/"))
            try await store.checkLink(claim, policy: nil, correlationID: "")
            #expect(try await store.download(ClaimDownload(url: claim.url)) == [1])
        }
        await server.stop()
    }

    @Test("A link that does not lead to the payload is noticed")
    func check() async throws {
        let directory = try TemporaryDirectory()
        let server = try await FileServer.start(FileServerOptions(directory: directory.path))
        let store = try FileServerStore(baseURL: HTTPURL(server.baseURL))
        var claim = try await store.upload(
            ClaimContent(name: "x", segments: [Bytes([1, 2])]), correlationID: "")
        func code(_ policy: LinkPolicy? = nil) async -> ErrorCode? {
            do throws(ClaimError) {
                try await store.checkLink(claim, policy: policy, correlationID: "")
                return nil
            } catch {
                return error.code
            }
        }
        #expect(await code() == nil)
        #expect(await code(LinkPolicy(allowing: [])) == .linkRefused)
        claim.size = 3
        #expect(await code() == .sizeMismatch)
        try await store.delete(claim, correlationID: "")
        #expect(server.stored.files == 0)
        #expect(await code() == .payloadNotFound)
        await server.stop()
        #expect(await code() == .unavailable)
    }
}
