package import BridgeBytes
internal import BridgeTLS

/// What is held of TLS for any bytes of a peer, as `NATSFuzz` holds it of NATS.
package enum TLSFuzz {
    /// The first byte says who is tried, and whether the rest is all that the peer says, or what a
    /// network does to a connection that stood. Nothing is held where there is no OpenSSL.
    package static func records(_ input: Bytes) -> String? {
        guard let contexts, let kind = Array(input).first else { return nil }
        let rest = Array(input.dropFirst())
        switch kind % 3 {
        case 0:
            return told(rest) { () throws(TLSError) in
                try TLSSession(contexts.client, to: "localhost")
            }
        case 1:
            return told(rest) { () throws(TLSError) in
                try TLSSession(accepting: contexts.server)
            }
        default: return damaged(rest, contexts)
        }
    }

    private struct Contexts {
        let client: TLSContext
        let server: TLSContext
    }

    private static let contexts: Contexts? = {
        let identity = TLSIdentity(
            chain: .memory(Bytes(utf8: pem)), key: .memory(Bytes(utf8: pem)))
        var client = TLSConfiguration()
        client.acceptsAnyCertificateInsecurely = true
        guard let server = try? TLSContext(TLSServerConfiguration(identity: identity)),
            let client = try? TLSContext(client)
        else { return nil }
        return Contexts(client: client, server: server)
    }()

    /// Bytes of nobody open nothing, and come to the same end whole and byte by byte.
    private static func told(
        _ bytes: [UInt8], _ make: () throws(TLSError) -> TLSSession
    ) -> String? {
        guard let whole = try? make(), let single = try? make() else { return "no session" }
        for session in [whole, single] { session.begin() }
        whole.receive(bytes.span)
        for byte in bytes { single.receive([byte].span) }
        for session in [whole, single] {
            session.receiveEnd()
            if session.phase.isOpen { return "a session with nobody" }
            guard read(session).isEmpty else { return "bytes of nobody" }
        }
        let ends = [whole, single].map(end)
        return ends[0] == ends[1] ? nil : "the end is \(ends[0]), byte by byte \(ends[1])"
    }

    /// What a client reads of a stream that was changed is the beginning of what was sent, and a
    /// change of what was read is an error.
    private static func damaged(_ changes: [UInt8], _ contexts: Contexts) -> String? {
        guard let client = try? TLSSession(contexts.client, to: "localhost"),
            let server = try? TLSSession(accepting: contexts.server)
        else { return "no session" }
        client.begin()
        server.begin()
        for _ in 0..<4 {
            server.receive(output(client).span)
            client.receive(output(server).span)
        }
        guard client.phase.isOpen, server.phase.isOpen else { return "no handshake" }
        let sent = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 11) }
        for start in stride(from: 0, to: sent.count, by: 500) {
            guard server.write(sent.span.extracting(start..<start + 500)) == 500 else {
                return "not all was taken"
            }
        }
        var stream = output(server)
        let original = stream
        // Three bytes of the input for each change: where, and what.
        for index in stride(from: 0, to: changes.count - 2, by: 3) {
            let place = Int(changes[index]) << 8 | Int(changes[index + 1])
            stream[place % stream.count] ^= changes[index + 2]
        }
        client.receive(stream.span)
        let got = read(client)
        client.receiveEnd()
        let isWhole = got.count == sent.count
        guard sent.starts(with: got) else { return "bytes that nobody sent" }
        guard stream != original || isWhole else { return "an honest stream was cut" }
        guard stream == original || !isWhole else { return "a change was not seen" }
        return nil
    }

    private static func end(_ session: TLSSession) -> String {
        if case .failed(let error) = session.phase { "\(error)" } else { "\(session.phase)" }
    }

    private static func read(_ session: TLSSession) -> [UInt8] {
        var all: [UInt8] = []
        var memory = [UInt8](repeating: 0, count: 512)
        while true {
            // Sound: the session writes inside the array.
            let reading = unsafe memory.withUnsafeMutableBytes {
                unsafe session.read(into: $0)
            }
            guard case .moved(let count) = reading else { return all }
            all += memory[..<count]
        }
    }

    private static func output(_ session: TLSSession) -> [UInt8] {
        var all: [UInt8] = []
        while session.hasOutput {
            session.sendOutput { bytes in
                for index in bytes.indices { all.append(bytes[index]) }
                return bytes.count
            }
        }
        return all
    }

    /// A certificate and its key, for nothing else than this.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguD/r7Xdbd2uN8w/D
        C1AYY/WvPC8V+Sp7qUhXt7JqDb6hRANCAAQHQy+N3hcrJGdgtdkifJ5Jj5wQChko
        RA8/DaL2SycEpQUIbTFLrnvIJ7Od/YLzCmvGpLFozF2fwRTLtPW5Aw1k
        -----END PRIVATE KEY-----
        -----BEGIN CERTIFICATE-----
        MIIBfzCCASWgAwIBAgIUbMS+cZVJANU5RdBZX42eTYdwvGkwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODIyMzEwOFoYDzIxMjYxMTA0
        MjIzMTA4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQHQy+N3hcrJGdgtdkifJ5Jj5wQChkoRA8/DaL2SycEpQUIbTFLrnvI
        J7Od/YLzCmvGpLFozF2fwRTLtPW5Aw1ko1MwUTAdBgNVHQ4EFgQUhHgzz892VgwE
        dKIaMkstwBQ4Z8owHwYDVR0jBBgwFoAUhHgzz892VgwEdKIaMkstwBQ4Z8owDwYD
        VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA1lZvILtNvWOXbXJ7g223
        CsMUAXE3IpDMmFsbljj/32sCIBSISZd58n96b+ZD2zwvSNIYel4vEhsOB7ogcfov
        a1MC
        -----END CERTIFICATE-----
        """
}
