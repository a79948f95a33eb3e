package import BridgeBytes
internal import Glibc

/// What a nonblocking read or write came to.
package enum Transfer: Equatable, Sendable {
    /// So many bytes were moved; at least one.
    case moved(Int)
    /// Nothing can be moved now.
    case wouldBlock
    /// The peer will send no more (reading only).
    case ended
    case failed(SocketError)
}

/// The one place where a system call's result becomes a value, and where EINTR is retried.
package enum SystemCalls {
    /// Calls until the result is not an interruption.
    @inline(__always)
    private static func retrying(_ call: () -> Int) -> Int { retried(call) }

    /// As above, for any width of result.
    @inline(__always)
    static func retried<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || Glibc.errno != EINTR { return result }
        }
    }

    static func transfer(_ operation: String, _ result: Int) -> Transfer {
        if result > 0 { return .moved(result) }
        if result == 0 { return .ended }
        let number = Glibc.errno
        if number == EAGAIN || number == EWOULDBLOCK { return .wouldBlock }
        return .failed(SocketError(operation, errno: number))
    }

    @unsafe package static func read(
        _ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Transfer {
        // Sound: the kernel writes at most `count` bytes to the buffer.
        transfer(
            "read", retrying { unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count) })
    }

    @unsafe package static func send(
        _ descriptor: Int32, _ buffer: UnsafeRawBufferPointer
    ) -> Transfer {
        guard buffer.count > 0 else { return .moved(0) }
        return transfer(
            "send",
            retrying {
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress, buffer.count,
                    sendFlags)
            })
    }

    package static func send(_ descriptor: Int32, _ span: Span<UInt8>) -> Transfer {
        unsafe span.withUnsafeBytes { unsafe send(descriptor, $0) }
    }

    /// A nonblocking stream socket that no child process inherits.
    static let streamSocket = Int32(
        SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    static let plainStream = Int32(SOCK_STREAM.rawValue)
    private static let sendFlags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)

    /// Most pieces that one vectored write takes (`IOV_MAX`).
    package static let maxVectorCount = 1024

    /// Writes several pieces with one call, from where they lie.
    /// - Parameter skip: Bytes of the first piece that have been written before.
    package static func send(
        _ descriptor: Int32, _ pieces: ArraySlice<Bytes>, skip: Int
    ) -> Transfer {
        let count = min(pieces.count, maxVectorCount)
        guard count > 0 else { return .moved(0) }
        return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: count) { vector in
            var offset = skip
            var index = 0
            for piece in pieces.prefix(count) {
                unsafe piece.withUnsafeBytes {
                    // Sound: `pieces` keeps the memory alive during the call below; the kernel
                    // only reads it.
                    let start = unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress)
                    unsafe vector[index] = unsafe iovec(
                        iov_base: start.map { unsafe $0 + offset }, iov_len: $0.count - offset)
                }
                offset = 0
                index += 1
            }
            return unsafe send(
                descriptor, vectors: UnsafeMutableBufferPointer(rebasing: vector[..<count]))
        }
    }

    /// Writes what the vectors point to with one call; the caller keeps that memory alive.
    @unsafe static func send(
        _ descriptor: Int32, vectors: UnsafeMutableBufferPointer<iovec>
    ) -> Transfer {
        guard vectors.count > 0 else { return .moved(0) }
        var message = unsafe msghdr()
        unsafe message.msg_iov = vectors.baseAddress
        unsafe message.msg_iovlen = vectors.count
        return transfer(
            "sendmsg", retrying { unsafe Glibc.sendmsg(descriptor, &message, sendFlags) })
    }

    /// Sets a yes-or-no socket option; a failure is harmless and ignored (the option is a hint).
    package static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32
    ) {
        var value = value
        unsafe _ = Glibc.setsockopt(
            descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Turns Nagle's delay off: we coalesce writes ourselves.
    package static func setNoDelay(_ descriptor: Int32) {
        setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Has reads and writes return at once where they would wait. Returns `errno`, 0 for none.
    static func setNonblocking(_ descriptor: Int32) -> Int32 {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            return Errno.current
        }
        return 0
    }

    /// The pending error of a socket, 0 for none.
    package static func pendingError(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let status = unsafe Glibc.getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &size)
        return status == 0 ? value : Glibc.errno
    }

    /// `sendfile` has no flag like `MSG_NOSIGNAL`: to a peer that has gone it would end the
    /// process. Blocked on a thread of ours, the signal becomes EPIPE and nobody else is touched.
    static func blockBrokenPipeSignal() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
