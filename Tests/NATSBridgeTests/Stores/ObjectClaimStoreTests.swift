import BridgeBytes
import BridgeClaims
import NATSBridge
import NATSCore
import NATSJetStream
import NATSObjectStore
import TestKit
import Testing

/// A bridge that needs nothing but NATS.
@Suite(.patient, .needsNATSServer) struct ObjectClaimStoreTests {
    private static func run(
        life: Duration? = nil, _ body: (ObjectBucket, String) async throws -> Void
    ) async throws {
        try await NATSServerFixture.run { server in
            let client = try await NATSClient.connect(NATSClientOptions(servers: [server.url]))
            var configuration = ObjectStoreConfiguration(bucket: "PAYLOADS")
            configuration.timeToLive = life
            let bucket = try await JetStream(client: client).createObjectStore(configuration)
            try await body(bucket, server.url)
            await client.close()
        }
    }

    private static func failure(
        _ store: ObjectClaimStore, _ request: ClaimDownload
    ) async -> ClaimError? {
        do throws(ClaimError) {
            _ = try await store.download(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what is stored comes back, and is removed`() async throws {
        try await Self.run(life: .seconds(3600)) { bucket, _ in
            let store = ObjectClaimStore(bucket)
            var generator = SeededGenerator(#function)
            for (name, size) in [("t.arrows", 0), ("Grüße \"1\"/2?#%.bin", 3), ("x", 1_000_000)] {
                let bytes = Bytes(generator.bytes(size))
                let claim = try await store.upload(
                    ClaimContent(
                        name: name, segments: [bytes[0..<size / 2], bytes[size / 2..<size]],
                        checksumAlgorithm: .sha256), correlationID: "c")
                #expect(claim.url.hasPrefix("nats-object://PAYLOADS/") && claim.size == size)
                #expect(claim.checksum == Checksum(of: bytes, .sha256).description)
                #expect(claim.grantedLife == .seconds(3600) && claim.expiresAt != nil)
                try await store.checkLink(claim, policy: nil, correlationID: "c")
                let request = ClaimDownload(
                    url: claim.url, expectedSize: size, expectedChecksum: claim.checksum)
                #expect(try await store.download(request) == bytes)
                try await store.delete(link: claim.url, policy: nil, correlationID: "c")
                try await store.delete(claim, correlationID: "c")
                #expect(await Self.failure(store, request)?.code == .payloadNotFound)
            }
            #expect(try await bucket.objects().isEmpty)
        }
    }

    @Test func `links elsewhere, damage and limits are told`() async throws {
        try await Self.run { bucket, _ in
            let store = ObjectClaimStore(bucket)
            let claim = try await store.upload(
                ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
            #expect(claim.grantedLife == nil)
            let plain = try await bucket.put([UInt8]("hush".utf8), as: "plain")
            for link in [
                "nats-object://OTHER/\(claim.id)", "nats-object://PAYLOADS/\(plain.name)",
                claim.url + "?x", "http://127.0.0.1/f/\(claim.id)", "nats-object://PAYLOADS",
                claim.url.replacing("PAYLOADS/", with: "PAYLOADS//"),
            ] {
                let error = await Self.failure(store, ClaimDownload(url: link))
                #expect(error?.code == .linkRefused, "\(link)")
            }
            func request(_ change: (inout ClaimDownload) -> Void) -> ClaimDownload {
                var request = ClaimDownload(url: claim.url)
                change(&request)
                return request
            }
            let cases: [(ClaimDownload, ErrorCode)] = [
                (request { $0.expectedSize = 4 }, .sizeMismatch),
                (request { $0.limit = 2 }, .tooLarge),
                (request { $0.expectedChecksum = "xxh64:0000000000000000" }, .checksumMismatch),
                (request { $0.expectedChecksum = "xxh64:0" }, .invalidChecksum),
            ]
            for (request, code) in cases {
                #expect(await Self.failure(store, request)?.code == code)
            }
        }
    }

    @Test func `a bridge with its payloads in NATS sends and receives`() async throws {
        try await Self.run { _, url in
            let address = try StoreAddress("nats-object://PAYLOADS")
            var options = BridgeOptions(client: NATSClientOptions(servers: [url]))
            options.threshold = 1000
            let bridge = try await Bridge.connect(options, store: address)
            let messages = bridge.messages(on: "in")
            try await bridge.client.flush()
            let bytes = Bytes([UInt8](repeating: 5, count: 2_000_000))
            try await bridge.send(["data": .bytes(bytes), "note": "hi"], to: "in")
            var iterator = messages.makeAsyncIterator()
            let received = try #require(try await iterator.next())
            #expect(received["data"]?.transport == .link)
            guard case .bytes(let back)? = received["data"]?.value else {
                Issue.record("no bytes")
                return
            }
            #expect(back == bytes && bridge.storeFindings.isEmpty)
            await bridge.close()
        }
    }

    @Test func `a bucket that is not there is told`() async throws {
        try await Self.run { _, url in
            let address = try StoreAddress("nats-object://NONE")
            let options = BridgeOptions(client: NATSClientOptions(servers: [url]))
            do throws(BridgeError) {
                _ = try await Bridge.connect(options, store: address)
                Issue.record("connected")
            } catch {
                #expect(error.code == .objectStoreNotFound)
            }
        }
    }
}
