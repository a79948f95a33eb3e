internal import Synchronization

/// What servers gave the connections of one context, so that the next ones need not prove
/// everything again (RFC 8446, 2.2; RFC 5077).
///
/// ## Theory of operation
/// A server that has proved who it is may give a ticket with secrets of that connection. Whoever
/// shows it, and knows the secrets, is taken up without certificates and signatures, which are
/// most of the work of both; the keys of the new connection are new all the same (`psk_dhe_ke`). A
/// server that does not know the ticket, because it was restarted, its certificate was replaced or
/// it is another one, goes the whole way, and nobody is asked anything.
///
/// What was proved holds for the name that it was proved for, so tickets are kept by name and by
/// the place that was called; and for the authorities and the certificate of a configuration, so
/// each context has its own, which go with it. It holds for `lifetime` from the whole handshake on,
/// however often it was taken up since, and not longer than the server's certificate. A ticket is
/// shown once (RFC 8446, C.4); one of TLS 1.2, which may be the only one, comes back when the
/// server has taken it. No data is sent before the handshake has ended.
final class TLSTickets: Sendable {
    /// Whom a ticket is for.
    struct Peer: Sendable, Hashable {
        let name: TLSName
        /// Where it was called: other servers of the same name have other keys.
        let place: String
    }

    private struct Entry {
        let peer: Peer
        let ticket: TLSTicket
    }

    /// How long what a server has proved is not looked at again.
    static let lifetime: Duration = .seconds(3600)
    /// Tickets of one peer, of whom a server gives one or two for a connection, and of all; the
    /// oldest goes first.
    static let limitOfPeer = 4
    static let limit = 64

    /// The newest last.
    private let entries = Mutex<[Entry]>([])

    func keep(_ ticket: TLSTicket, for peer: Peer) {
        // What goes is freed behind the lock.
        let gone = entries.withLock { entries -> Entry? in
            entries.append(Entry(peer: peer, ticket: ticket))
            if entries.count(where: { $0.peer == peer }) > Self.limitOfPeer {
                return entries.firstIndex { $0.peer == peer }.map { entries.remove(at: $0) }
            }
            return entries.count > Self.limit ? entries.removeFirst() : nil
        }
        _ = consume gone
    }

    /// The newest ticket of a peer that still holds; those that do not go.
    func take(for peer: Peer, now: ContinuousClock.Instant) -> TLSTicket? {
        while true {
            let found = entries.withLock { entries -> TLSTicket? in
                guard let index = entries.lastIndex(where: { $0.peer == peer }) else { return nil }
                return entries.remove(at: index).ticket
            }
            guard let found else { return nil }
            if found.holds(now) { return found }
        }
    }
}

/// A session that another connection can take up.
///
/// Sound: the pointer is to an object of the library's that counts its references, of which one is
/// this object's, let go of in `deinit`; what is asked of it is only read, and what the library
/// writes to it is written by the one connection that has taken it: others have copies.
@safe final class TLSTicket: @unchecked Sendable {
    let library: OpenSSL
    let pointer: OpaquePointer
    /// When the server has proved who it is.
    let proved: ContinuousClock.Instant

    /// Takes the reference over.
    @unsafe init(
        _ library: OpenSSL, _ pointer: OpaquePointer, proved: ContinuousClock.Instant
    ) {
        self.library = library
        unsafe self.pointer = pointer
        self.proved = proved
    }

    deinit { unsafe library.tickets.free(pointer) }

    /// Whether it is shown once: in TLS 1.3, where each connection brings new ones.
    var isForOneUse: Bool {
        unsafe library.tickets.version(pointer) >= Int32(TLSVersion.tls13.number)
    }

    /// Whether what it stands for is still true.
    func holds(_ now: ContinuousClock.Instant) -> Bool {
        guard now - proved < TLSTickets.lifetime,
            unsafe library.tickets.isResumable(pointer) == 1
        else { return false }
        // Without a certificate, as when nobody is verified, there is no end of it.
        guard let certificate = unsafe library.tickets.certificate(pointer) else { return true }
        return unsafe library.tickets.compareWithNow(library.tickets.end(certificate)) > 0
    }
}
