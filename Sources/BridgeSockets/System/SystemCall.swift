/// The calls whose failures decide what callers are told: those that move bytes, make connections
/// and change files.
package enum SystemCall: String, Sendable, CaseIterable {
    // Sockets.
    case read, send, sendfile, accept, socket, connect, epollAdd, epollWait
    // Files.
    case open, fileRead, fileWrite, synchronize, writeBack, allocate, rename, link, unlink
    case makeDirectory, list
}

/// What becomes of a system call that a test judges.
package enum SystemCallFate: Sendable, Equatable {
    /// The system decides.
    case made
    /// The system is asked for no more than this many bytes; one at least.
    case cut(to: Int)
    /// The system is not asked, and the error number is this one.
    case refused(Int32)
    /// The call is made, and whatever came of it, the error number is this one: an effect that
    /// nobody is told of, as when a connection breaks behind the bytes. Not for calls that open
    /// a descriptor, which nobody would close.
    case hidden(Int32)
    /// The system is not asked, the connection is shut down both ways, and the error number is
    /// this one: what a reset looks like to whoever meets it first.
    case broken(Int32)
}
