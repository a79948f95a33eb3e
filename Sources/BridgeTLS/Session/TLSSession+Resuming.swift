/// What can be taken up again: see `TLSTickets`.
extension TLSSession {
    /// Shows the server what an earlier connection was given, and keeps what this one is given.
    func takeUp(
        _ tickets: TLSTickets, _ peer: TLSTickets.Peer, _ now: ContinuousClock.Instant
    ) {
        // Sound: whoever asks for it does so in a call of this object's on its own session.
        let own = unsafe Unmanaged.passUnretained(self).toOpaque()
        guard unsafe library.tickets.setData(session, 0, own) == 1 else { return }
        self.peer = peer
        guard let ticket = tickets.take(for: peer, now: now) else { return }
        // Sound: the session has not begun; it takes a reference of its own.
        guard unsafe library.tickets.use(session, ticket.pointer) == 1 else { return }
        shown = ticket
    }

    /// The handshake is over: what may be shown again is kept, if the server has taken it.
    func keepShown() {
        guard let ticket = shown, !ticket.isForOneUse, isResumed else { return }
        unsafe keep(ticket.pointer)
    }

    /// Told by the library, in the middle of a call on a session, of one that can be taken up.
    /// Returns 0: the reference to it stays the library's.
    ///
    /// Sound: what stands at a session's index 0 is the object that owns it and is calling.
    static let keepTicket: ContextFunctions.Keep = { session, ticket in
        guard let library = try? OpenSSL.library(), let session = unsafe session,
            let owner = unsafe library.tickets.data(session, 0)
        else { return 0 }
        unsafe Unmanaged<TLSSession>.fromOpaque(owner).takeUnretainedValue().keep(ticket)
        return 0
    }

    /// Keeps a copy: the library marks its own as unfit when the connection is cut, which says
    /// nothing of what it was given.
    @unsafe private func keep(_ ticket: OpaquePointer?) {
        guard let peer, let tickets = context.tickets,
            let copy = unsafe library.tickets.copy(ticket)
        else { return }
        // A server that does not take up what it is shown has proved everything anew.
        let proof = isResumed ? shown?.proved ?? began : began
        tickets.keep(unsafe TLSTicket(library, copy, proved: proof), for: peer)
    }

    /// Whether the server has taken up an earlier session, and so shown no certificate.
    package var isResumed: Bool { unsafe library.tickets.wasUsed(session) == 1 }
}
