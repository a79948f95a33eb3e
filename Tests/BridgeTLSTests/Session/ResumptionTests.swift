import BridgeBytes
import BridgeTLS
import TestKit
import Testing

/// What a connection takes up of those before it.
@Suite(.needsOpenSSL) struct ResumptionTests {
    private static let place = "localhost:4222"

    /// One connection that opens, reads what the server gives it, and goes. Returns whether it took
    /// an earlier one up, as both sides see it.
    private static func connect(
        _ client: TLSContext, _ server: TLSContext, host: String = "localhost",
        place: String? = place, after age: Duration = .zero, reads: Bool = true
    ) throws -> Bool {
        var pair = try SessionPair(
            client, server, host: host, place: place, now: .now + age)
        pair.open()
        #expect(pair.client.phase.isOpen && pair.server.phase.isOpen)
        #expect(pair.client.isResumed == pair.server.isResumed)
        let text = Array("hello".utf8)
        #expect(pair.server.write(text.span) == text.count)
        #expect(pair.client.write(text.span) == text.count)
        // What the server gives is in front of what it writes.
        if reads {
            pair.settle()
            #expect(pair.client.readAll().0 == text)
            #expect(pair.server.readAll().0 == text)
        }
        return pair.client.isResumed
    }

    @Test func `the next connections of a client are taken up, one after the other`() async throws {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        #expect(try !Self.connect(client, server))
        for _ in 0..<5 { #expect(try Self.connect(client, server)) }
    }

    @Test func `what was given is shown once`() async throws {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        // This library's servers give two for a connection.
        #expect(try !Self.connect(client, server))
        #expect(try Self.connect(client, server, reads: false))
        #expect(try Self.connect(client, server, reads: false))
        #expect(try !Self.connect(client, server, reads: false))
    }

    @Test func `nobody else's is taken up: another name, place or configuration`() async throws {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        #expect(try !Self.connect(client, server))
        #expect(try !Self.connect(client, server, host: "127.0.0.1"))
        #expect(try !Self.connect(client, server, place: "localhost:4223"))
        #expect(try !Self.connect(client, server, place: nil))
        #expect(try !Self.connect(credentials.clientContext(), server))
        #expect(try Self.connect(client, server, host: "LOCALHOST."), "the same name")
    }

    @Test func `a configuration without it makes each handshake whole`() async throws {
        let credentials = try await Credentials.make()
        let client = try credentials.clientContext { $0.resumesSessions = false }
        let server = try credentials.serverContext()
        for _ in 0..<3 { #expect(try !Self.connect(client, server)) }
    }

    @Test func `an hour after the certificate was shown it is shown again`() async throws {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        #expect(try !Self.connect(client, server))
        // Each of these is given something new, which proves nothing more.
        #expect(try Self.connect(client, server, after: .seconds(1800)))
        #expect(try Self.connect(client, server, after: .seconds(3590)))
        #expect(try !Self.connect(client, server, after: .seconds(3601)))
        #expect(try Self.connect(client, server, after: .seconds(7100)))
    }

    @Test func `nothing is taken up beyond the end of the certificate`() async throws {
        let credentials = try await Credentials.make()
        let client = try credentials.clientContext { $0.acceptsAnyCertificateInsecurely = true }
        let expired = try credentials.serverContext(
            try await credentials.authority.issue("expired", .expired))
        for _ in 0..<2 { #expect(try !Self.connect(client, expired)) }
        let valid = try credentials.serverContext()
        #expect(try !Self.connect(client, valid))
        #expect(try Self.connect(client, valid))
    }

    @Test func `a server that has forgotten goes the whole way, and is looked at`() async throws {
        let credentials = try await Credentials.make()
        let client = try credentials.clientContext()
        #expect(try !Self.connect(client, credentials.serverContext()))
        #expect(try !Self.connect(client, credentials.serverContext()))
        let foreign = try await TestAuthority.make("other CA").issue("foreign")
        var pair = try SessionPair(
            client, credentials.serverContext(foreign), place: Self.place)
        pair.open()
        #expect(pair.client.failure?.reason == .certificate(number: 20))
    }

    /// OpenSSL would take up a session whose client's certificate has ended meanwhile.
    @Test func `a server that asks for certificates looks at them each time`() async throws {
        let credentials = try await Credentials.make()
        let own = try await credentials.authority.issue("client", usage: "clientAuth")
        let client = try credentials.clientContext {
            $0.identity = TLSIdentity(chainFile: own.chain, keyFile: own.key)
        }
        let server = try credentials.serverContext {
            $0.clientCertificates = .required(authorities: [.file(credentials.authority.path)])
        }
        for _ in 0..<3 { #expect(try !Self.connect(client, server)) }
    }

    /// The very case that it is for: RFC 8446 asks for nothing of what a cut connection was given.
    @Test(arguments: [true, false])
    func `a connection that was cut or broken takes nothing from those behind it`(isCut: Bool)
        async throws
    {
        let credentials = try await Credentials.make()
        let (client, server) = (
            try credentials.clientContext(), try credentials.serverContext()
        )
        for _ in 0..<3 {
            var pair = try SessionPair(client, server, place: Self.place)
            pair.open()
            _ = pair.client.readAll()
            if isCut {
                pair.client.receiveEnd()
            } else {
                let garbage: [UInt8] = [23, 3, 3, 0, 20] + [UInt8](repeating: 9, count: 20)
                pair.client.receive(garbage.span)
            }
            _ = pair.client.readAll()
            #expect(pair.client.failure != nil)
            _ = consume pair
            // Both that it was given are good.
            #expect(try Self.connect(client, server, reads: false))
            #expect(try Self.connect(client, server, reads: false))
        }
    }
}
