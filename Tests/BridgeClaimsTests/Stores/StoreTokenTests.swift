import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// Stores that take nothing from strangers, and receivers that remove what they have taken.
@Suite(.patient) struct StoreTokenTests {
    private static let upload = "upload-0123456789abcdef"
    private static let delete = "delete-0123456789abcdef"

    private static func store(
        _ kind: StoreTests.Kind, _ url: String, _ token: String?
    ) throws -> any ClaimStore {
        let base = try HTTPURL(url)
        var retry = RetryPolicy()
        retry.maxAttempts = 1
        return switch kind {
        case .native: try FileServerStore(baseURL: base, retry: retry, token: token)
        case .plik: try PlikStore(baseURL: base, retry: retry, token: token)
        }
    }

    private static func run(
        _ body: (FileServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var options = FileServerOptions(directory: directory.file("store"))
        options.isDurable = false
        options.uploadToken = upload
        options.deleteToken = delete
        let server = try await FileServer.start(options)
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func content(_ size: Int) -> ClaimContent {
        ClaimContent(name: "x", segments: [Bytes([UInt8](repeating: 7, count: size))])
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `an upload brings the store's token, and a receiver removes by the link`(
        kind: StoreTests.Kind
    ) async throws {
        try await Self.run { server in
            let stranger = try Self.store(kind, server.baseURL, nil)
            await #expect {
                try await stranger.upload(Self.content(3), correlationID: "c")
            } throws: {
                ($0 as? ClaimError)?.code == .authorizationFailed
                    && ($0 as? ClaimError)?.status == 401
            }
            let sender = try Self.store(kind, server.baseURL, Self.upload)
            // The second is large enough to be sent so that it could go on.
            for size in [3, 2 << 20] {
                let claim = try await sender.upload(Self.content(size), correlationID: "c")
                let receiver = try Self.store(kind, server.baseURL, Self.delete)
                let bytes = try await receiver.download(ClaimDownload(url: claim.url))
                #expect(bytes.count == size)
                await #expect {
                    try await stranger.delete(link: claim.url, policy: nil, correlationID: "c")
                } throws: {
                    ($0 as? ClaimError)?.code == .refused && ($0 as? ClaimError)?.status == 403
                }
                for _ in 0..<2 {
                    try await receiver.delete(link: claim.url, policy: nil, correlationID: "c")
                }
                #expect(server.stored.files == 0)
            }
            let own = try await sender.upload(Self.content(1), correlationID: "c")
            try await sender.delete(own, correlationID: "c")
            #expect(server.stored.files == 0)
        }
    }

    @Test func `the token goes to no other place than the store`() async throws {
        try await Self.run { server in
            let sender = try Self.store(.native, server.baseURL, Self.upload)
            let claim = try await sender.upload(Self.content(3), correlationID: "c")
            // Its store is elsewhere, and the policy follows links to the server all the same.
            let receiver = try Self.store(.native, "http://127.0.0.1:1", Self.delete)
            var policy = receiver.linkPolicy
            await #expect {
                try await receiver.delete(link: claim.url, policy: policy, correlationID: "c")
            } throws: { ($0 as? ClaimError)?.code == .linkRefused }
            policy.allowedOrigins.insert(try HTTPURL(server.baseURL).origin)
            let asked = policy
            #expect(
                try await receiver.download(
                    ClaimDownload(url: claim.url, policy: asked)
                ).count == 3)
            await #expect {
                try await receiver.delete(link: claim.url, policy: asked, correlationID: "c")
            } throws: { ($0 as? ClaimError)?.code == .refused }
            #expect(server.counters.deletions == 0)
        }
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "é"])
    func `a token that cannot be sent is refused, and not told`(token: String) throws {
        for kind in StoreTests.Kind.allCases {
            #expect {
                try Self.store(kind, "http://127.0.0.1:1", token)
            } throws: { error in
                (error as? HTTPError)?.code == .invalidArgument
                    && (token.isEmpty || !"\(error)".contains(token))
            }
        }
    }
}
