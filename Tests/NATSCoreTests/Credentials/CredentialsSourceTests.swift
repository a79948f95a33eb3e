import BridgeBytes
import Foundation
import NATSCore
import NATSWire
import Synchronization
import TestKit
import Testing

/// Sources of credentials that fail, and what is then not sent.
@Suite struct CredentialsSourceTests {
    typealias Stage = CredentialsStage

    private static let seed = "SUAPMADOSRKKSEX4GTOO6FDSMRZKJHL74UERXXXAGUPYUUAX23PUVZ32WI"
    private struct VaultError: Error, CustomStringConvertible {
        var description: String { "hunter2" }
    }

    @Test(arguments: [
        NATSCredentials.nkey(seed: "SUAPMADOSRKKSEX4"), .nkey(seed: ""),
        .nkey(seed: "SAADDEEW5RFQDHKPXLKIQDNTEHLREIWXDZA5JVFIGS2SZJF22XYHQFJOMY"),
        .nkey(publicKey: seed) { $0 }, .file(content: "hello"), .file(content: seed),
    ])
    func `what is no key and no file is refused before anybody is called`(
        _ credentials: NATSCredentials
    ) async throws {
        let server = try Stage.silentServer()
        let error = await Stage.failure(
            Stage.options("nats://127.0.0.1:\(server.port)", credentials))
        #expect(error?.code == .invalidArgument && error?.underlying?.code == .invalidCredentials)
        #expect(error.map { !"\($0)".contains("SUAP") } == true)
        #expect(server.connectionCount == 0)
    }

    /// Files that hold no credentials, by what they are.
    enum Defect: CaseIterable { case missing, folder, pipe, huge, empty, torn, unreadable, seed }

    @Test(arguments: Defect.allCases)
    func `a file that is none is told with its reason, and nobody is called`(
        _ defect: Defect
    ) async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("a.creds")
        var code = ErrorCode.invalidCredentials
        switch defect {
        case .missing: code = .credentialsUnavailable
        case .folder:
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
            code = .credentialsUnavailable
        case .pipe:
            let mkfifoStatus = unsafe mkfifo(path, 0o600)
            #expect(mkfifoStatus == 0)
            code = .credentialsUnavailable
        case .huge: try TestFile.write(Bytes([UInt8](repeating: 0x0A, count: 1 << 20)), to: path)
        case .empty: try TestFile.write("", to: path)
        case .torn: try TestFile.write("-----BEGIN NATS USER JWT-----\n", to: path)
        case .unreadable:
            try TestFile.write(Self.seed, to: path)
            let chmodStatus = unsafe chmod(path, 0)
            #expect(chmodStatus == 0)
            // The superuser may read it all the same, and finds a seed alone.
            code = geteuid() == 0 ? .invalidCredentials : .credentialsUnavailable
        case .seed: try TestFile.write(Self.seed, to: path)
        }
        let server = try Stage.silentServer()
        let error = await Stage.failure(
            Stage.options("nats://127.0.0.1:\(server.port)", .file(path)))
        #expect(error?.code == code)
        #expect(error?.detail.contains(path) == true, "\(error?.detail ?? "")")
        #expect(error.map { !"\($0)".contains("SUAP") } == true)
        #expect(server.connectionCount == 0)
    }

    @Test(.needsCryptography) func `a seed of another user than the JWT is found here`()
        async throws
    {
        let issuer = TestOperator()
        let (ann, eve) = (try issuer.user("ann"), try issuer.user("eve"))
        let server = try Stage.silentServer(nonce: "abcdefghijklmno")
        let error = await Stage.failure(
            Stage.options(
                "nats://127.0.0.1:\(server.port)",
                .file(content: "\(ann.jwt)\n\(eve.key.seed)")))
        #expect(error?.code == .invalidCredentials && server.connectionCount == 0)
    }

    @Test(.needsCryptography) func `a token whose time is over is not sent`() async throws {
        let user = try TestOperator().user("ann", expiry: Stage.seconds(fromNow: -60))
        let server = try Stage.silentServer(nonce: "abcdefghijklmno")
        let error = await Stage.failure(
            Stage.options(
                "nats://127.0.0.1:\(server.port)", .file(content: user.credentials)))
        #expect(error?.code == .credentialsExpired && error?.isTransient == false)
        #expect(server.connectionCount == 0)
    }

    @Test func `a key is not shown to a server that takes none`() async throws {
        let heard = Mutex("")
        let server = try ScriptedServer { connection, _ in
            connection.send("INFO {\"headers\":true}\r\n")
            while let line = connection.readLine() { heard.withLock { $0 += line } }
        }
        let key = "UBC23I2Z3L72NARBUTKUAUWJG3ONNTA7SBEHFCEVPG6THIGILM2YQ25A"
        let error = await Stage.failure(
            Stage.options(
                "nats://127.0.0.1:\(server.port)",
                .nkey(publicKey: key) { _ in
                    Issue.record("nothing is to be signed")
                    return []
                }))
        #expect(error?.code == .authorizationFailed)
        #expect(error?.detail.contains("nonce") == true && server.connectionCount == 1)
        #expect(heard.withLock { $0 } == "")
    }

    @Test(.needsCryptography) func `a JWT is sent without a signature to a server that takes none`()
        async throws
    {
        let heard = Mutex("")
        let server = try ScriptedServer { connection, _ in
            let line = connection.acceptNATS() ?? ""
            heard.withLock { $0 = line }
            connection.serveNATS()
        }
        let user = try TestOperator().user("ann")
        try await Stage.connect(
            "nats://127.0.0.1:\(server.port)", .file(content: user.credentials))
        let line = heard.withLock { $0 }
        #expect(line.contains("\"jwt\":\"\(user.jwt)\"") && !line.contains("\"sig\""))
    }

    /// What the user's code may do instead of giving credentials.
    enum Misbehaviour: CaseIterable {
        case throwing, hanging, signerThrowing, signerHanging, shortSignature, garbage, endless

        var credentials: NATSCredentials {
            let key = "UBC23I2Z3L72NARBUTKUAUWJG3ONNTA7SBEHFCEVPG6THIGILM2YQ25A"
            switch self {
            case .throwing: return .provided { _ in throw VaultError() }
            case .hanging:
                return .provided { _ in
                    while !Task.isCancelled { await Task.yield() }
                    throw CancellationError()
                }
            case .signerThrowing: return .nkey(publicKey: key) { _ in throw VaultError() }
            case .signerHanging:
                return .nkey(publicKey: key) { _ in
                    while !Task.isCancelled { await Task.yield() }
                    throw CancellationError()
                }
            case .shortSignature: return .nkey(publicKey: key) { _ in [1, 2, 3] }
            case .garbage: return .jwt({ "hunter2" })
            case .endless:
                @Sendable func source(_: ServerURL) -> NATSCredentials { .provided(by: source) }
                return .provided(by: source)
            }
        }
    }

    @Test(arguments: Misbehaviour.allCases)
    func `code of the user's that fails costs an attempt, and shows no secret`(
        _ misbehaviour: Misbehaviour
    ) async throws {
        let server = try ScriptedServer { connection, _ in
            connection.send("INFO {\"headers\":true,\"nonce\":\"abcdefghijklmno\"}\r\n")
            while let line = connection.readLine() {
                Issue.record("a credential of \(misbehaviour) was sent: \(line)")
            }
        }
        var options = Stage.options(
            "nats://127.0.0.1:\(server.port)", misbehaviour.credentials)
        switch misbehaviour {
        case .hanging, .signerHanging: options.connectTimeout = .milliseconds(200)
        default: break
        }
        let error = try #require(await Stage.failure(options))
        switch misbehaviour {
        case .throwing, .signerThrowing: #expect(error.code == .credentialsUnavailable)
        case .hanging, .signerHanging: #expect(error.code == .connectionFailed)
        case .shortSignature, .garbage, .endless: #expect(error.code == .invalidCredentials)
        }
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test func `secrets over a network without TLS are told once`() async throws {
        var options = Stage.options("nats://broker.test:4222", .user("ann", password: "hunter2"))
        options.dialer = { _ in try Stage.dialedServer() }
        let client = try await NATSClient.connect(options)
        client.reconnect()
        while client.statistics.connections < 2 { await Task.yield() }
        await client.close()
        var told = 0
        for await event in client.events {
            #expect(!"\(event)".contains("hunter2"))
            if event == .credentialsInTheClear(server: "broker.test:4222") { told += 1 }
        }
        #expect(told == 1)
    }

    @Test(.needsCryptography, arguments: [0o600, 0o640, 0o604])
    func `a file that others may read is told`(_ mode: Int) async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("ann.creds")
        try TestFile.write(try TestOperator().user("ann").credentials, to: path)
        let chmodStatus = unsafe chmod(path, mode_t(mode))
        #expect(chmodStatus == 0)
        let server = try Stage.silentServer(nonce: "abcdefghijklmno")
        let client = try await NATSClient.connect(
            Stage.options("nats://127.0.0.1:\(server.port)", .file(path)))
        await client.close()
        var told = 0
        for await event in client.events where event == .credentialsFileExposed(path: path) {
            told += 1
        }
        #expect(told == (mode == 0o600 ? 0 : 1))
    }
}
