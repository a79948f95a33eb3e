package import BridgeBytes
internal import Glibc

/// What a reactor tells the owner of a connection. All calls come on the reactor's thread.
package protocol LinkHandler: AnyObject {
    /// The connection stands.
    func opened(_ link: Link)
    /// Bytes, an end or an error can be read: call `link.read` once or several times.
    func readable(_ link: Link)
    /// The transform that the link was given is open: bytes pass through it from now on. What it
    /// fails with is told as the link's end.
    func transformed(_ link: Link)
    /// There is room to write again; told only while `link.wantsWrite` is true.
    func writable(_ link: Link)
    /// Another thread called `LinkHandle.wake()`, once or several times.
    func woken(_ link: Link)
    /// The time in `link.deadline` has come; the deadline has been cleared.
    func deadlineReached(_ link: Link, now: Duration)
    /// The link is closed, the descriptor will be as soon as this returns; nothing more is told.
    /// Nil: closed by the handler itself.
    func closed(_ link: Link, error: SocketError?)
}

extension LinkHandler {
    package func opened(_ link: Link) {}
    package func transformed(_ link: Link) {}
    package func writable(_ link: Link) {}
    package func woken(_ link: Link) {}
    package func deadlineReached(_ link: Link, now: Duration) {}
}

/// One nonblocking descriptor in a reactor, or a resident's place there, which has none. Belongs
/// to the reactor's thread.
package final class Link {
    package let id: LinkID
    package let descriptorNumber: Int32
    unowned let loop: ReactorLoop
    let calls: SystemCalls
    var isConnecting: Bool
    private(set) package var isClosed = false
    /// Whether nothing stands between the socket and the handler: then a read that fills less than
    /// its room has emptied the socket, and readiness tells of more.
    package var isPlain: Bool { conversion == nil }
    /// The events that epoll has been told; nil when the descriptor is not registered.
    var registered: Epoll.Events?
    /// What stands between the socket and the handler; nil on a plain link.
    private(set) var conversion: LinkConversion?

    init(id: LinkID, descriptor: consuming Descriptor, loop: ReactorLoop, isConnecting: Bool) {
        self.id = id
        self.loop = loop
        calls = loop.calls
        self.isConnecting = isConnecting
        descriptorNumber = descriptor.release()
    }

    deinit { if !isClosed { _ = Glibc.close(descriptorNumber) } }

    /// Whether the handler wants to be told `readable`. Switching it off is back-pressure: the
    /// bytes wait in the kernel and the peer's window closes.
    package var wantsRead = true {
        didSet {
            guard wantsRead != oldValue else { return }
            loop.updateInterest(of: self)
            if let conversion { loop.settle(self, conversion) }
        }
    }

    /// Whether the handler wants to be told `writable`: true only while a write would block.
    package var wantsWrite = false {
        didSet { if wantsWrite != oldValue { loop.updateInterest(of: self) } }
    }

    /// When `deadlineReached` shall be called, on `MonotonicClock`; nil for never.
    package var deadline: Duration? {
        didSet { if let deadline { loop.noteDeadline(deadline) } }
    }

    /// When the reactor's present turn began, on `MonotonicClock`: costs no look at the clock.
    package var turnTime: Duration { loop.turnTime }

    /// Has the handler's `woken` called after the reactor's next wait, which lasts a millisecond
    /// at most: for a handler that expects more work at once, and saves others the cost of waking
    /// it again for every little.
    package func nap() { loop.nap(id) }

    /// Whether the link waits where the system has no room to watch one more descriptor, rather
    /// than close: it is then told `deadlineReached`, and asks again with `register()`.
    var outlastsShortage = false

    /// Has the system watch the descriptor, if it does not yet.
    func register() { loop.updateInterest(of: self) }

    /// How other threads reach this link.
    package var handle: LinkHandle {
        LinkHandle(
            id: id, inbox: loop.inbox, descriptorNumber: descriptorNumber, calls: calls,
            isPlain: conversion == nil)
    }

    /// Reads into the buffer's spare room, once.
    package func read(into buffer: inout ReceiveBuffer) -> Transfer {
        unsafe buffer.fill { spare in
            let outcome = unsafe read(into: spare)
            if case .moved(let count) = outcome { return (count, outcome) }
            return (0, outcome)
        }
    }

    /// Reads straight into memory that the caller owns, once.
    @unsafe package func read(into memory: UnsafeMutableRawBufferPointer) -> Transfer {
        guard let conversion else { return unsafe calls.read(descriptorNumber, memory) }
        return unsafe read(into: memory, conversion)
    }

    /// Writes what fits now, once.
    package func write(_ span: Span<UInt8>) -> Transfer {
        guard let conversion else { return calls.send(descriptorNumber, span) }
        return write(conversion) { skip, take in _ = take(span.extracting(droppingFirst: skip)) }
    }

    /// Writes what fits now of the rest of a buffer, once.
    package func write(_ buffer: inout SendBuffer) -> Transfer {
        guard let conversion else { return buffer.send(to: descriptorNumber, calls) }
        let transfer = write(conversion) { buffer.offer(skipping: $0, to: $1) }
        if case .moved(let count) = transfer { buffer.advance(by: count) }
        return transfer
    }

    /// Writes what fits now from several pieces, with one call.
    package func write(_ pieces: ArraySlice<Bytes>, skip: Int) -> Transfer {
        guard let conversion else { return calls.send(descriptorNumber, pieces, skip: skip) }
        return write(conversion) { taken, take in
            var rest = skip + taken
            for piece in pieces {
                defer { rest = max(0, rest - piece.count) }
                guard rest < piece.count else { continue }
                guard take(piece.span.extracting(droppingFirst: rest)) else { return }
            }
        }
    }

    /// Says that nothing more will be written (FIN), and goes on reading.
    package func endWriting() {
        guard let conversion else { return SystemCalls.endWriting(descriptorNumber) }
        conversion.endWriting(endsSocket: true)
        loop.settle(self, conversion)
    }

    /// Closes the descriptor and tells the handler. Does nothing when it is closed.
    package func close(error: SocketError? = nil) {
        guard !isClosed else { return }
        // The transform's own end, as far as the kernel takes it: nobody waits for a peer.
        if let conversion, error == nil { conversion.endWriting(endsSocket: false) }
        isClosed = true
        loop.remove(self, error: error)
    }

    /// Connects to an address from the same reactor; as `Reactor.connect`, at once.
    package func connectSibling(
        to address: Address, from source: Address?, makeHandler: (Link) -> any LinkHandler
    ) {
        loop.connect(to: address, from: source, makeHandler: makeHandler)
    }

    /// Adds another open descriptor to the same reactor; for handlers that accept connections.
    package func adoptSibling(
        _ descriptor: consuming Descriptor, makeHandler: (Link) -> any LinkHandler
    ) {
        loop.adopt(descriptor, makeHandler: makeHandler)
    }

    /// Ends the reactor once the present turn is over, as when it is released; no handler is called
    /// after that.
    package func endLoop() { loop.stop() }

    /// Closes another link of the same reactor, at once, if it is still there. Its handler is told.
    package func closeSibling(_ id: LinkID) { loop.close(id) }
}

/// Transforms of what passes.
extension Link {
    /// Has a transform stand between the socket and the handler from now on: its opening begins,
    /// and the handler is told `transformed` when it is done, or `closed`. What was read before
    /// is the handler's to judge.
    /// - Parameter deadline: When the opening is given up, on `MonotonicClock`; nil: the handler
    ///   sees to it.
    package func begin(_ transform: any ByteTransform, until deadline: Duration? = nil) {
        precondition(conversion == nil, "a link has one transform; several are stacked")
        let conversion = LinkConversion(transform, of: self, until: deadline)
        self.conversion = conversion
        if let deadline { loop.noteDeadline(deadline) }
        conversion.begin()
        loop.settle(self, conversion)
    }

    @unsafe fileprivate func read(
        into memory: UnsafeMutableRawBufferPointer, _ conversion: LinkConversion
    ) -> Transfer {
        defer { loop.settle(self, conversion) }
        return unsafe conversion.read(into: memory, by: &loop.piece)
    }

    func write(
        _ conversion: LinkConversion,
        _ offer: (_ skip: Int, _ take: (Span<UInt8>) -> Bool) -> Void
    ) -> Transfer {
        defer { loop.settle(self, conversion) }
        let transfer = conversion.write(offer)
        // The end is found by reading; where nobody reads, it is told here.
        guard case .wouldBlock = transfer, !wantsRead, let failure = conversion.sendFailure
        else { return transfer }
        return .failed(failure)
    }
}
