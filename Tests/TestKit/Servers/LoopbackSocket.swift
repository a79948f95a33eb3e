import CLinux
import Foundation

/// The system calls of TCP sockets on loopback addresses, for fixtures.
enum LoopbackSocket {
    /// A new stream socket that no child process inherits.
    static func make(nonblocking: Bool = false) throws -> Int32 {
        let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(
            AF_INET, Int32(nonblocking ? flags | SOCK_NONBLOCK.rawValue : flags), 0)
        guard descriptor >= 0 else { throw FixtureError("socket: errno \(errno)") }
        return descriptor
    }

    /// Binds to a port, 0 for a free one. Returns the port.
    static func bind(
        _ descriptor: Int32, host: String = "127.0.0.1", port: Int = 0
    ) throws -> Int {
        var address = Self.address(host, port)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Sound: a `sockaddr_in` may be read and written as a `sockaddr` of its own size.
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let bound = unsafe Foundation.bind(descriptor, $0, size)
                return unsafe bound == 0 ? getsockname(descriptor, $0, &size) : bound
            }
        }
        guard status == 0 else { throw FixtureError("bind: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// The port that a socket is bound to.
    static func port(_ descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Sound: a `sockaddr_in` may be written as a `sockaddr` of its own size.
        unsafe _ = withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Connects, or begins to. Returns `errno`, 0 for none.
    static func connect(
        _ descriptor: Int32, host: String = "127.0.0.1", port: Int
    ) -> Int32 {
        var address = Self.address(host, port)
        // Sound: a `sockaddr_in` may be read as a `sockaddr` of its own size.
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Foundation.connect(
                    descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return status == 0 ? 0 : errno
    }

    private static func address(_ host: String, _ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        unsafe _ = inet_pton(AF_INET, host, &address.sin_addr)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        return address
    }

    /// Makes closing reset the connection instead of ending it in order.
    static func resetOnClose(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe _ = setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sets a socket option that is a number.
    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe _ = setsockopt(
            descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends what is taken at once; the number of bytes, or -1 and `errno`.
    static func send(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
        // Sound: the slice is as long as the length that is passed.
        unsafe bytes.withUnsafeBytes {
            unsafe Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// Reads once into a chunk; the number of bytes, 0 at the end, or -1 and `errno`.
    static func receive(_ descriptor: Int32, _ chunk: inout [UInt8]) -> Int {
        // Sound: the call writes at most the buffer's own count into it.
        unsafe chunk.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
    }
}
