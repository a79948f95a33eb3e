import BridgeBytes
import BridgeTLS
import TestKit
import Testing

/// A client and a server in memory, and what the network between them does.
struct SessionPair {
    let client: TLSSession
    let server: TLSSession
    /// Bytes on their way, each direction's.
    private var toServer: [UInt8] = []
    private var toClient: [UInt8] = []

    init(
        _ client: TLSContext, _ server: TLSContext, host: String = "localhost",
        place: String? = nil, now: ContinuousClock.Instant = .now
    ) throws {
        self.client = try TLSSession(client, to: host, at: place, now: now)
        self.server = try TLSSession(accepting: server)
    }

    /// Both begin, and talk until nobody has anything to say.
    /// - Parameter piece: Most bytes that are carried at once.
    mutating func open(piece: Int = .max) {
        client.begin()
        server.begin()
        settle(piece: piece)
    }

    mutating func settle(piece: Int = .max) {
        while true {
            collect()
            guard !toServer.isEmpty || !toClient.isEmpty else { return }
            Self.carry(&toServer, to: server, piece)
            Self.carry(&toClient, to: client, piece)
        }
    }

    private mutating func collect() {
        toServer += Self.output(of: client)
        toClient += Self.output(of: server)
    }

    private static func carry(_ bytes: inout [UInt8], to session: TLSSession, _ piece: Int) {
        guard !bytes.isEmpty else { return }
        let count = min(piece, bytes.count)
        session.receive(bytes.span.extracting(0..<count))
        bytes.removeFirst(count)
    }

    /// All that a session has for its peer.
    static func output(of session: TLSSession) -> [UInt8] {
        var all: [UInt8] = []
        while session.hasOutput {
            var count = 0
            session.sendOutput { bytes in
                for index in bytes.indices { all.append(bytes[index]) }
                count = bytes.count
                return count
            }
            _ = session.outputLeft(count)
        }
        return all
    }
}

extension ByteTransform {
    /// All that can be read now, and what comes behind it.
    func readAll(limit: Int = 4096) -> ([UInt8], ByteTransformReading) {
        var all: [UInt8] = []
        var memory = [UInt8](repeating: 0, count: limit)
        while true {
            // Sound: the transform writes inside the array.
            let reading = unsafe memory.withUnsafeMutableBytes { unsafe read(into: $0) }
            guard case .moved(let count) = reading else { return (all, reading) }
            all += memory[..<count]
        }
    }

    /// Why it has failed; nil: it has not.
    var failure: TLSError? {
        if case .failed(let error) = phase { error as? TLSError } else { nil }
    }
}

/// Certificates that a suite shares: an authority, and a server of it.
struct Credentials {
    let authority: TestAuthority
    let server: TestAuthority.Certificate

    static func make() async throws -> Credentials {
        let authority = try await TestAuthority.make()
        return Credentials(
            authority: authority, server: try await authority.issue("server"))
    }

    func clientContext(
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> TLSContext {
        var configuration = TLSConfiguration(trust: .file(authority.path))
        change(&configuration)
        return try TLSContext(configuration)
    }

    func serverContext(
        _ certificate: TestAuthority.Certificate? = nil,
        _ change: (inout TLSServerConfiguration) -> Void = { _ in }
    ) throws -> TLSContext {
        let certificate = certificate ?? server
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(chainFile: certificate.chain, keyFile: certificate.key))
        change(&configuration)
        return try TLSContext(configuration)
    }
}
