internal import BridgeBytes
internal import BridgeSockets
internal import BridgeTLS
internal import HTTPWire
internal import Synchronization

extension ServerConnection {
    /// What a connection of a server with TLS begins with.
    struct Greeting {
        let context: TLSContext
        /// When it, and the handshake that it opens, must be over.
        let deadline: Duration
    }

    /// The handshake begins with the client's first bytes, so that one who does not mean TLS can be
    /// told in words that it understands.
    func awaitGreeting(_ tls: TLSContext, _ link: Link) {
        let time = min(context.pace.head, ServerContext.handshakeTime)
        let deadline = MonotonicClock.now + time
        greeting = Greeting(context: tls, deadline: deadline)
        link.deadline = deadline
    }

    /// The first bytes have come, or the end.
    func greeted(_ greeting: Greeting, _ link: Link) {
        switch link.read(into: &buffer) {
        case .moved(let count):
            self.greeting = nil
            link.deadline = pace.deadline
            guard !Self.isPlain(buffer.span) else {
                context.traffic.received.add(count, ordering: .relaxed)
                context.traffic.malformed.add(1, ordering: .relaxed)
                return fail(
                    .failure(400, "this port speaks HTTPS: write https", code: .tlsRequired), link)
            }
            begin(greeting, link)
        case .wouldBlock: return
        case .ended: return link.close()
        case .failed(let error): return link.close(error: error)
        }
    }

    /// Whether bytes begin as a request does, with a method's letter. A handshake's first byte is
    /// 22 (RFC 8446, 5.1).
    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        !bytes.isEmpty && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[0])
    }

    private func begin(_ greeting: Greeting, _ link: Link) {
        do throws(TLSError) {
            let session = try TLSSession(accepting: greeting.context)
            session.receive(buffer.span)
            buffer.consume(buffer.count)
            link.begin(session, until: greeting.deadline)
        } catch {
            link.close(error: SocketError(error))
        }
    }
}
