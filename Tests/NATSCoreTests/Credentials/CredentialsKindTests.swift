import BridgeBytes
import BridgeJSON
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// Every way to say who one is, against servers that ask.
@Suite(.needsNATSServer, .needsCryptography) struct CredentialsKindTests {
    typealias Stage = CredentialsStage

    @Test func `a server that knows keys takes them in every form, and passwords beside them`()
        async throws
    {
        let key = KeyPair(.user, "ann")
        let name = try key.publicKey
        let config = "authorization { users = [ { nkey: \(name) }, { user: joe, password: pw } ] }"
        let folder = try TemporaryDirectory()
        try TestFile.write("# ann\n\(key.seed)\n", to: folder.file("ann.nk"))
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            for credentials: NATSCredentials in [
                .nkey(seed: key.seed), .nkey(seed: " \(key.seed)\n"),
                .nkey(seedFile: folder.file("ann.nk")),
                .nkey(publicKey: name) { try key.sign($0) }, .user("joe", password: "pw"),
                .provided { _ in .provided { _ in .nkey(seed: key.seed) } },
            ] {
                try await Stage.connect(server.url, credentials)
            }
            // The URL's count only where nothing stronger was given.
            let url = "nats://joe:wrong@\(server.address)"
            try await Stage.connect(url, .nkey(seed: key.seed))
            for credentials: NATSCredentials in [
                .user("ann", password: "pw"), .none,
                .nkey(seed: KeyPair(.user, "eve").seed),
            ] {
                let error = await Stage.failure(Stage.options(server.url, credentials))
                #expect(error?.code == .authorizationFailed)
                let refusal = error?.underlying as? ServerError
                #expect(refusal?.kind == .authorizationViolation)
            }
        }
    }

    @Test func `a server with an operator takes JWTs in every form`() async throws {
        let issuer = TestOperator()
        let ann = try issuer.user("ann", expiry: Stage.seconds(fromNow: 1000))
        let bearer = try issuer.user("bob", claims: ["bearer_token": true])
        let folder = try TemporaryDirectory()
        try TestFile.write(ann.credentials, to: folder.file("ann.creds"))
        try TestFile.write(bearer.jwt, to: folder.file("bob.creds"))
        let config = try issuer.configuration()
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            for credentials: NATSCredentials in [
                .file(folder.file("ann.creds")), .file(folder.file("bob.creds")),
                .file(content: ann.credentials), .file(content: bearer.jwt),
                .jwt({ " \(ann.jwt)\n" }, sign: { try ann.key.sign($0) }), .jwt({ bearer.jwt }),
            ] {
                try await Stage.connect(server.url, credentials)
            }
            // The server refuses a token that nobody signed for.
            let error = await Stage.failure(Stage.options(server.url, .jwt({ ann.jwt })))
            #expect(error?.code == .authorizationFailed)
        }
    }

    @Test(.needsSharedData) func `every user of the shared data is taken or refused as is known`()
        async throws
    {
        let config = String(
            repairing: try SharedData.bytes("nkeys/memory-resolver.conf"))
        let data = try JSONValue(parsing: try SharedData.bytes("nkeys/jwt.json"))
        let users = try #require(data["users"]?.arrayValue)
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            for user in users {
                let name = user["name"]?.stringValue ?? ""
                let parts = [user["jwt"]?.stringValue, user["seed"]?.stringValue]
                let content = parts.compactMap { $0 }.joined(separator: "\n")
                let error = await Stage.failure(
                    Stage.options(server.url, .file(content: content)))
                switch name {
                case "expired": #expect(error?.code == .credentialsExpired)
                case "not-yet", "revoked", "unknown-account", "src-elsewhere", "websocket-only":
                    #expect(error?.code == .authorizationFailed, "\(name)")
                default: #expect(error == nil, "\(name)")
                }
            }
        }
    }

    @Test func `permissions of a JWT hold`() async throws {
        let issuer = TestOperator()
        let ann = try issuer.user(
            "ann",
            claims: [
                "pub": ["allow": ["a.>", "_INBOX.>"]], "sub": ["allow": ["b.>", "_INBOX.>"]],
            ])
        let config = try issuer.configuration()
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let client = try await NATSClient.connect(
                Stage.options(server.url, .file(content: ann.credentials)))
            try await client.publishConfirmed("x", to: "a.b")
            let error = await #expect(throws: NATSError.self) {
                try await client.publishConfirmed("x", to: "c")
            }
            #expect(error?.code == .permissionDenied)
            await client.close()
        }
    }
}
