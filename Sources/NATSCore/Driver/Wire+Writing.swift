internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire

/// The writing side of a connection.
extension Wire {
    /// Buffers taken from the outbox in one turn; then reading gets its turn.
    private static let takesPerTurn = 16

    func woken(_ link: Link) { drain() }

    func writable(_ link: Link) {
        link.wantsWrite = false
        drain()
    }

    /// Appends to the connection's own buffer, and writes.
    func send(_ write: (inout ByteWriter) -> Void) {
        write(&writing.text)
        drain()
    }

    /// Writes what waits, until nothing does or the kernel takes no more.
    func drain() {
        var messages = 0
        for _ in 0..<Self.takesPerTurn {
            guard writeBuffer() else { return }
            guard isFed else { return }
            let isStreaming = messages >= Outbox.streamCount
            switch core.outbox.take(into: &writing, isStreaming: isStreaming) {
            case .taken(let count): messages += count
            case .nap: return link.nap()
            case .idle: return
            }
        }
        if writeBuffer() { link.handle.wake() }
    }

    /// Writes the rest of the buffer. Returns true when it is empty.
    private func writeBuffer() -> Bool {
        guard !link.isClosed, !link.wantsWrite else { return false }
        while !writing.isDone {
            switch write() {
            case .moved: driver.writeProgressed(self)
            case .wouldBlock:
                driver.writeBlocked(self)
                link.wantsWrite = true
                return false
            case .ended: return false
            case .failed(let error):
                driver.ended(self, Self.reason(error))
                return false
            }
        }
        writing.removeAll()
        return true
    }

    private func write() -> Transfer {
        guard let tap else { return link.write(&writing) }
        return tap.sending(&writing) { link.write(&$0) }
    }

    /// What the kernel has not taken whole.
    func takeUnsent() -> SendBuffer {
        var unsent = SendBuffer(capacity: 0)
        swap(&unsent, &writing)
        return unsent
    }
}
