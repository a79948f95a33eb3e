internal import BridgeBytes
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
///
/// It is a value that reactors, links and stores are given, so that a test can judge the calls of
/// one of them and disturb nobody else. In production nobody judges, and all that costs is to see
/// that a reference is nil.
package struct SystemCalls: Sendable {
    /// Decides about a call of so many bytes; 0 for calls that move none. Called on any thread.
    package typealias Judge = @Sendable (SystemCall, _ count: Int) -> SystemCallFate

    private let court: Court?

    /// The system's own.
    package init() { court = nil }

    /// The system's own, as far as a test lets them be made.
    package init(judgedBy judge: @escaping Judge) { court = Court(judge) }

    /// Calls once. `make` gets the number of bytes that it may move.
    /// - Parameter socket: The connection that is used.
    @inline(__always)
    func once<Result: SignedInteger>(
        _ call: SystemCall, _ count: Int = 0, on socket: Int32 = -1, _ make: (Int) -> Result
    ) -> Result {
        guard let court else { return make(count) }
        return court.judged(call, count, socket, make)
    }

    /// Calls until the result is not an interruption.
    @inline(__always)
    func retried<Result: SignedInteger>(
        _ call: SystemCall, _ count: Int = 0, on socket: Int32 = -1, _ make: (Int) -> Result
    ) -> Result {
        while true {
            let result = once(call, count, on: socket, make)
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

    @unsafe func read(
        _ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Transfer {
        // Sound: the kernel writes at most `count` bytes to the buffer.
        Self.transfer(
            "read",
            retried(.read, buffer.count, on: descriptor) {
                unsafe Glibc.read(descriptor, buffer.baseAddress, $0)
            })
    }

    @unsafe private func send(
        _ descriptor: Int32, _ buffer: UnsafeRawBufferPointer
    ) -> Transfer {
        guard buffer.count > 0 else { return .moved(0) }
        return Self.transfer(
            "send",
            retried(.send, buffer.count, on: descriptor) {
                unsafe Glibc.send(descriptor, buffer.baseAddress, $0, Self.sendFlags)
            })
    }

    func send(_ descriptor: Int32, _ span: Span<UInt8>) -> Transfer {
        unsafe span.withUnsafeBytes { unsafe send(descriptor, $0) }
    }

    /// A nonblocking stream socket that no child process inherits.
    static let streamSocket = Int32(
        SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    static let plainStream = Int32(SOCK_STREAM.rawValue)
    private static let sendFlags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)

    /// Most pieces that one vectored write takes (`IOV_MAX`).
    static let maxVectorCount = 1024

    /// Writes several pieces with one call, from where they lie.
    /// - Parameter skip: Bytes of the first piece that have been written before.
    func send(
        _ descriptor: Int32, _ pieces: ArraySlice<Bytes>, skip: Int
    ) -> Transfer {
        let count = min(pieces.count, Self.maxVectorCount)
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
    @unsafe func send(
        _ descriptor: Int32, vectors: UnsafeMutableBufferPointer<iovec>
    ) -> Transfer {
        guard vectors.count > 0 else { return .moved(0) }
        return Self.transfer(
            "sendmsg",
            retried(
                .send, court == nil ? 0 : unsafe Self.sum(of: vectors), on: descriptor
            ) { limit in
                var message = unsafe msghdr()
                unsafe message.msg_iov = vectors.baseAddress
                unsafe message.msg_iovlen =
                    court == nil ? vectors.count : unsafe Self.cut(vectors, to: limit)
                return unsafe Glibc.sendmsg(descriptor, &message, Self.sendFlags)
            })
    }

    private static func sum(of vectors: UnsafeMutableBufferPointer<iovec>) -> Int {
        var sum = 0
        for index in vectors.indices { unsafe sum += vectors[index].iov_len }
        return sum
    }

    /// Has the vectors hold no more than so many bytes; returns how many of them do.
    private static func cut(
        _ vectors: UnsafeMutableBufferPointer<iovec>, to limit: Int
    ) -> Int {
        var left = limit
        for index in vectors.indices {
            unsafe vectors[index].iov_len = min(vectors[index].iov_len, left)
            unsafe left -= vectors[index].iov_len
            if left == 0 { return index + 1 }
        }
        return vectors.count
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

    /// Says that nothing more will be written (FIN).
    static func endWriting(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_WR)) }

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

extension SystemCalls: Hashable {
    /// Whether the same judge decides, or nobody for either.
    package static func == (left: SystemCalls, right: SystemCalls) -> Bool {
        left.court === right.court
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(court.map(ObjectIdentifier.init))
    }
}

/// The judge of a value of `SystemCalls`, beside what is made of its verdicts.
private final class Court: Sendable {
    private let judge: SystemCalls.Judge

    init(_ judge: @escaping SystemCalls.Judge) { self.judge = judge }

    @inline(never)
    func judged<Result: SignedInteger>(
        _ call: SystemCall, _ count: Int, _ socket: Int32, _ make: (Int) -> Result
    ) -> Result {
        switch judge(call, count) {
        case .made: return make(count)
        case .cut(let limit): return make(max(1, min(limit, count)))
        case .refused(let number):
            Glibc.errno = number
            return -1
        case .hidden(let number):
            _ = make(count)
            Glibc.errno = number
            return -1
        case .broken(let number):
            _ = shutdown(socket, Int32(SHUT_RDWR))
            Glibc.errno = number
            return -1
        }
    }
}
