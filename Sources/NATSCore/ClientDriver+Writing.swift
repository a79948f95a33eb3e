internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// The writing side of the driver.
extension ClientDriver {
    /// Buffers taken from the outbox in one turn; then reading gets its turn.
    private static let takesPerTurn = 16

    func woken(_ link: Link) { drain(link) }

    func writable(_ link: Link) {
        link.wantsWrite = false
        if isAttached { drain(link) } else { drainHandshake(link) }
    }

    /// Appends a control frame behind everything that waits, and writes.
    func send(_ link: Link, _ write: (inout ByteWriter) -> Void) {
        if isAttached {
            _ = core.outbox.appendControl(write)
            drain(link)
        } else {
            write(&writing.text)
            drainHandshake(link)
        }
    }

    /// Writes what waits, until nothing does or the kernel takes no more.
    func drain(_ link: Link) {
        var messages = 0
        for _ in 0..<Self.takesPerTurn {
            guard writeBuffer(link) else { return }
            let isStreaming = messages >= Outbox.streamCount
            switch core.outbox.take(into: &writing, isStreaming: isStreaming) {
            case .taken(let count): messages += count
            case .nap: return link.nap()
            case .idle: return
            }
        }
        if writeBuffer(link) { link.handle.wake() }
    }

    /// Before the handshake is done nothing is taken from the outbox.
    func drainHandshake(_ link: Link) { _ = writeBuffer(link) }

    /// Writes the rest of the buffer. Returns true when it is empty.
    private func writeBuffer(_ link: Link) -> Bool {
        guard !link.isClosed, !link.wantsWrite else { return false }
        while !writing.isDone {
            switch write(link) {
            case .moved: machine.writeProgressed()
            case .wouldBlock:
                machine.writeBlocked(now: MonotonicClock.now)
                updateDeadline(link)
                link.wantsWrite = true
                return false
            case .ended: return false
            case .failed(let error):
                close(link, machine.transportFailed(error.description))
                return false
            }
        }
        writing.removeAll()
        return true
    }

    private func write(_ link: Link) -> Transfer {
        guard let tap else { return link.write(&writing) }
        return tap.sending(&writing) { link.write(&$0) }
    }
}
