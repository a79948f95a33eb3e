import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// Credentials that end, are withdrawn or are replaced while a client lives.
@Suite(.needsNATSServer, .needsCryptography) struct CredentialsLifeTests {
    typealias Stage = CredentialsStage

    /// The file of a user, replaced as whoever renews it would.
    private struct RenewedFile {
        let folder: TemporaryDirectory
        var path: String { folder.file("ann.creds") }

        func replace(_ user: TestOperator.User) throws {
            try TestFile.write(user.credentials, to: folder.file("next"))
            let chmodStatus = unsafe chmod(folder.file("next"), 0o600)
            #expect(chmodStatus == 0)
            let renameStatus = unsafe rename(folder.file("next"), path)
            #expect(renameStatus == 0)
        }
    }

    @Test func `an end of time is told, and the file is read again`() async throws {
        let issuer = TestOperator()
        let file = RenewedFile(folder: try TemporaryDirectory())
        let config = try issuer.configuration()
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let client = try await Stage.connect(Stage.options(server.url, .file(file.path))) {
                try file.replace(try issuer.user("ann", expiry: Stage.seconds(fromNow: 3)))
            }
            let subscription = try client.subscribe(to: "a")
            var seen: [String] = []
            for await event in client.events {
                switch event {
                case .disconnected(let error):
                    seen.append("lost")
                    #expect(error.code == .credentialsExpired)
                    let words = error.underlying as? ServerError
                    #expect(words?.kind == .authenticationExpired)
                    try file.replace(try issuer.user("ann"))
                case .connected: seen.append("connected")
                default: continue
                }
                if seen == ["connected", "lost", "connected"] { break }
            }
            try client.publish("x", to: "a")
            #expect(try await subscription.nextBatch()?.first?.text == "x")
            await client.close()
        }
    }

    /// Whether a client moves to newer credentials before its own have ended.
    private func isMoved(before life: Int64) async throws -> Bool {
        let issuer = TestOperator()
        let file = RenewedFile(folder: try TemporaryDirectory())
        let config = try issuer.configuration()
        return try await NATSServerFixture.run(jetStream: false, config: config) { server in
            try file.replace(try issuer.user("ann", expiry: Stage.seconds(fromNow: life)))
            let client = try await NATSClient.connect(
                Stage.options(server.url, .file(file.path)))
            try file.replace(try issuer.user("ann", expiry: Stage.seconds(fromNow: 1000)))
            var isLost = false
            for await event in client.events {
                if case .disconnected = event { isLost = true }
                if case .moved = event { break }
                if isLost { break }
            }
            try await client.publishConfirmed("x", to: "a")
            #expect(client.statistics.connections == 2)
            await client.close()
            return !isLost
        }
    }

    @Test func `newer credentials are moved to before the end, and nothing is lost`() async throws {
        // A busy machine may be late by all that is left of a short life.
        if try await isMoved(before: 20) { return }
        #expect(try await isMoved(before: 120))
    }

    @Test func `the same expired file twice is given up`() async throws {
        let issuer = TestOperator()
        let file = RenewedFile(folder: try TemporaryDirectory())
        let config = try issuer.configuration()
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let client = try await Stage.connect(Stage.options(server.url, .file(file.path))) {
                try file.replace(try issuer.user("ann", expiry: Stage.seconds(fromNow: 3)))
            }
            var last: NATSError?
            for await event in client.events {
                if case .closed(let error) = event { last = error }
            }
            #expect(
                last.map { [.credentialsExpired, .authorizationFailed].contains($0.code) } == true,
                "\(String(describing: last))")
            await client.close()
        }
    }

    @Test func `a user who is revoked is told so, and others may come in its place`() async throws {
        let issuer = TestOperator()
        let folder = try TemporaryDirectory()
        let file = RenewedFile(folder: try TemporaryDirectory())
        let ann = try issuer.user("ann")
        let config = try issuer.configuration(folder: folder.file("accounts"))
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            let system = try await NATSClient.connect(
                Stage.options(
                    server.url, .file(content: try issuer.systemUser().credentials)))
            try file.replace(ann)
            let client = try await NATSClient.connect(
                Stage.options(server.url, .file(file.path)))
            _ = try await system.request(
                try issuer.accountToken(revoked: [ann]), to: "$SYS.REQ.CLAIMS.UPDATE")
            var isBack = false
            for await event in client.events {
                if case .disconnected(let error) = event {
                    #expect(error.code == .credentialsRevoked)
                    try file.replace(try issuer.user("bob"))
                    isBack = true
                }
                if isBack, case .connected = event { break }
            }
            await client.close()
            await system.close()
        }
    }

    @Test func `a user who is removed and allowed again comes back`() async throws {
        let key = KeyPair(.user, "ann")
        let allowed = "authorization { users = [ { nkey: \(try key.publicKey) } ] }"
        let other = "authorization { users = [ { nkey: \(try KeyPair(.user, "eve").publicKey) } ] }"
        try await NATSServerFixture.run(jetStream: false, config: allowed) { server in
            var options = Stage.options(server.url, .nkey(seed: key.seed))
            options.retriesRefusedCredentials = true
            let client = try await NATSClient.connect(options)
            try await server.reload(config: other)
            for await event in client.events {
                if case .connectionFailed(let error) = event {
                    #expect(error.code == .authorizationFailed)
                    break
                }
            }
            try await server.reload(config: allowed)
            while !client.isConnected { await Task.yield() }
            try await client.flush()
            await client.close()
        }
    }

    @Test func `no secret is in what a run shows`() async throws {
        let issuer = TestOperator()
        var ann = try issuer.user("ann")
        let file = RenewedFile(folder: try TemporaryDirectory())
        let config = try issuer.configuration()
        let lines = Mutex("")
        try await NATSServerFixture.run(jetStream: false, config: config) { server in
            var options = Stage.options(server.url, .file(file.path))
            options.log = LogSink { event in lines.withLock { $0 += "\(event)\n" } }
            options.trace = NATSTrace { text, _ in
                let shown = Stage.decoded(String(repairing: text))
                lines.withLock { $0 += shown }
            }
            let client = try await Stage.connect(options) {
                ann = try issuer.user("ann", expiry: Stage.seconds(fromNow: 3))
                try file.replace(ann)
            }
            let shown = "\(options) \(String(reflecting: options)) \(client)"
            lines.withLock { $0 += shown }
            for await event in client.events { lines.withLock { $0 += "\(event)\n" } }
            let reason = await Stage.failure(options)
            lines.withLock { $0 += "\(reason.map { "\($0)" } ?? "")" }
            await client.close()
        }
        let text = lines.withLock { $0 }
        #expect(text.contains("credentials_expired"))
        let parts = ann.jwt.split(separator: ".").map { String($0) }
        for secret in [ann.key.seed, String(ann.key.seed.dropFirst(4)), parts[1], parts[2]] {
            #expect(!text.contains(secret))
        }
        #expect(text.contains("[redacted]"))
    }
}
