import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// The store against a real engine that verifies signatures, of fields and of links.
@Suite(.patient, .needsS3Engine) struct S3EngineTests {
    private static func store(
        _ engine: SeaweedFixture, secret: String = SeaweedFixture.secretAccessKey,
        prefix: String = "a/b", publicURL: HTTPURL? = nil,
        now: Timestamp? = nil
    ) throws -> S3Store {
        var retry = RetryPolicy()
        retry.base = .milliseconds(20)
        retry.maxAttempts = 5
        let pair = try #require(
            S3Credentials(accessKeyID: SeaweedFixture.accessKeyID, secretAccessKey: secret))
        let location = try S3Location("s3://bridge/\(prefix)?endpoint=\(engine.endpoint)")
        guard let now else {
            return try S3Store(
                location, publicURL: publicURL, retry: retry, credentials: .fixed(pair))
        }
        return try S3Store(
            location, publicURL: publicURL, client: nil, retry: retry, credentials: .fixed(pair),
            settings: AWSSettings { _ in nil }, now: { now })
    }

    private static func failure<Value>(
        _ body: () async throws(ClaimError) -> Value
    ) async -> ClaimError? {
        do throws(ClaimError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    /// A receiver has no keys.
    private static func receiver(_ engine: SeaweedFixture) throws -> S3Store {
        try S3Store(
            S3Location("s3://bridge?endpoint=\(engine.endpoint)"), publicURL: nil, client: nil,
            retry: .once,
            credentials: .fixed(
                try #require(S3Credentials(accessKeyID: "nobody", secretAccessKey: "none"))),
            settings: AWSSettings { _ in nil }, now: { Timestamp(seconds: 0) })
    }

    @Test func `what is stored comes back, of any size and name, and is removed`() async throws {
        try await SeaweedFixture.run { engine in
            let store = try Self.store(engine)
            let receiver = try Self.receiver(engine)
            var generator = SeededGenerator(#function)
            let names = ["table.arrows", "Grüße \"1\"/2?#%+&=~ *'().bin", "", "ሴ"]
            for (index, size) in [0, 1, 70_000, 3_000_000].enumerated() {
                let bytes = Bytes(generator.bytes(size))
                for algorithm in ChecksumAlgorithm.allCases {
                    let content = ClaimContent(
                        name: names[index],
                        segments: [bytes[0..<size / 2], bytes[size / 2..<size]],
                        checksumAlgorithm: algorithm)
                    let claim = try await store.upload(content, correlationID: "c")
                    #expect(claim.checksum == Checksum(of: bytes, algorithm).description)
                    try await store.checkLink(claim, policy: nil, correlationID: "c")
                    for _ in 0..<2 {
                        let got = try await receiver.download(
                            ClaimDownload(
                                url: claim.url, expectedSize: size,
                                expectedChecksum: claim.checksum))
                        #expect(got == bytes)
                    }
                    if algorithm == .sha256 {
                        try await store.delete(claim, correlationID: "c")
                    } else {
                        try await store.delete(link: claim.url, policy: nil, correlationID: "c")
                    }
                    // Again, and it is gone.
                    try await store.delete(claim, correlationID: "c")
                    let gone = await Self.failure { () throws(ClaimError) in
                        try await receiver.download(ClaimDownload(url: claim.url))
                    }
                    #expect(gone?.status == 404)
                }
            }
        }
    }

    @Test func `parts make the payload`() async throws {
        try await SeaweedFixture.run { engine in
            let store = try Self.store(engine, prefix: "")
            var generator = SeededGenerator(#function)
            let piece = Bytes(generator.bytes((5 << 20) + 7))
            let segments = Segments([Bytes](repeating: piece, count: 14))
            #expect(segments.byteCount > S3Parts.threshold)
            let claim = try await store.upload(
                ClaimContent(name: "large", segments: segments), correlationID: "c")
            #expect(!claim.id.hasPrefix("/"))
            try await store.checkLink(claim, policy: nil, correlationID: "c")
            let bytes = try await store.download(
                ClaimDownload(
                    url: claim.url, expectedSize: claim.size, expectedChecksum: claim.checksum))
            #expect(bytes == segments.joined())
        }
    }

    @Test func `who has another secret is refused, and no secret is told`() async throws {
        try await SeaweedFixture.run { engine in
            let stranger = try Self.store(engine, secret: "hush-hush")
            let content = ClaimContent(name: "x", segments: [[1, 2, 3]])
            let refused = await Self.failure { () throws(ClaimError) in
                try await stranger.upload(content, correlationID: "c")
            }
            #expect(refused?.code == .authorizationFailed && refused?.status == 403)
            #expect(refused?.detail.contains("SignatureDoesNotMatch") == true)
            #expect(refused.map { "\($0)".contains("hush") } == false)
            let own = try await Self.store(engine).upload(content, correlationID: "c")
            let kept = await Self.failure { () throws(ClaimError) in
                try await stranger.delete(own, correlationID: "c")
            }
            #expect(kept?.code == .authorizationFailed)
            // A link that was changed is no link.
            let other = own.url.replacing("X-Amz-Expires=86400", with: "X-Amz-Expires=86401")
            let changed = await Self.failure { () throws(ClaimError) in
                try await stranger.download(ClaimDownload(url: other, retry: .once))
            }
            #expect(changed?.status == 403 && changed?.url.contains("Signature") == false)
        }
    }

    @Test func `a link that has ended says so`() async throws {
        try await SeaweedFixture.run { engine in
            let store = try Self.store(engine)
            let claim = try await store.upload(
                ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
            // The same store an hour ago, of which a link for a minute has ended.
            let hour = try #require(claim.expiresAt?.advanced(by: .seconds(-86_400 - 3600)))
            let pair = try #require(
                S3Credentials(
                    accessKeyID: SeaweedFixture.accessKeyID,
                    secretAccessKey: SeaweedFixture.secretAccessKey))
            let url = try HTTPURL(claim.url)
            let query = SignatureV4(pair, region: "us-east-1").query(
                SignatureV4.Request("GET", host: url.hostField, path: url.path), at: hour, life: 60)
            let link = "\(engine.endpoint)\(url.path)?\(query)"
            let ended = await Self.failure { () throws(ClaimError) in
                try await store.download(ClaimDownload(url: link))
            }
            #expect(ended?.code == .payloadExpired)
        }
    }

    @Test func `a clock that is off is made good by the engine's time`() async throws {
        try await SeaweedFixture.run { engine in
            let store = try Self.store(engine, now: Timestamp("2026-01-01T00:00:00Z"))
            let claim = try await store.upload(
                ClaimContent(name: "x", segments: [[1, 2, 3]]), correlationID: "c")
            let bytes = try await store.download(ClaimDownload(url: claim.url))
            #expect(bytes == [1, 2, 3])
        }
    }

    @Test func `links are signed for the name that receivers know`() async throws {
        try await SeaweedFixture.run { engine in
            let store = try Self.store(
                engine, publicURL: try HTTPURL("http://files.example:81"))
            let claim = try await store.upload(
                ClaimContent(name: "x", segments: [[1]]), correlationID: "c")
            #expect(claim.url.hasPrefix("http://files.example:81/bridge/a/b/"))
            try await store.delete(link: claim.url, policy: nil, correlationID: "c")
            let foreign = await Self.failure { () throws(ClaimError) in
                try await store.delete(
                    link: "http://files.example:81/other/x", policy: nil, correlationID: "c")
            }
            #expect(foreign?.code == .refused)
        }
    }
}
