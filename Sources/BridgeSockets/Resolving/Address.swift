internal import Glibc

/// An IPv4 or IPv6 address with a port, as the system's socket calls take it.
package struct Address: Sendable, Hashable, CustomStringConvertible {
    /// The `sockaddr` as the system lays it out: at most 28 bytes of `sockaddr_in6`.
    let storage: [UInt8]

    init(storage: [UInt8]) { self.storage = storage }

    /// An address from its text form, such as `127.0.0.1` or `::1`; nil when it is a name.
    package init?(numericHost host: String, port: Int) {
        guard let port = UInt16(exactly: port) else { return nil }
        var v4 = sockaddr_in()
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_port = port.bigEndian
        if unsafe inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
            storage = unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) }
            return
        }
        var v6 = sockaddr_in6()
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        guard unsafe inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 else { return nil }
        storage = unsafe withUnsafeBytes(of: &v6) { unsafe Array($0) }
    }

    var family: Int32 {
        storage.count >= 2 ? Int32(UInt16(storage[0]) | UInt16(storage[1]) << 8) : AF_UNSPEC
    }

    /// The port, 0...65535.
    package var port: Int {
        storage.count >= 4 ? Int(storage[2]) << 8 | Int(storage[3]) : 0
    }

    /// The address without its port, such as `127.0.0.1`.
    package var host: String {
        unsafe withSockaddr { address, size in
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) {
                text in
                guard let base = text.baseAddress,
                    unsafe getnameinfo(
                        address, size, base, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
                else { return "?" }
                return unsafe String(cString: base)
            }
        }
    }

    package var description: String {
        family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Lends the address in the form that the socket calls take.
    @unsafe func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var space = sockaddr_storage()
        let size = min(storage.count, MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutableBytes(of: &space) { target in
            unsafe target.copyBytes(from: storage.prefix(size))
            // Sound: `sockaddr_storage` is made to be read as any kind of `sockaddr`.
            return unsafe target.withMemoryRebound(to: sockaddr.self) {
                guard let base = $0.baseAddress else {
                    preconditionFailure("sockaddr_storage has a size")
                }
                return unsafe body(base, socklen_t(size))
            }
        }
    }

    /// The address that `read` fills in, as `getsockname` and `accept` do.
    static func filled(
        by read: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> (status: Int32, address: Address) {
        var space = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutableBytes(of: &space) { target in
            unsafe target.withMemoryRebound(to: sockaddr.self) {
                guard let base = $0.baseAddress else { return Int32(-1) }
                return unsafe read(base, &size)
            }
        }
        let bytes = unsafe withUnsafeBytes(of: &space) {
            unsafe Array($0.prefix(min(Int(size), $0.count)))
        }
        return (status, Address(storage: bytes))
    }

    /// The local address of a bound socket.
    package static func local(of descriptor: borrowing Descriptor) -> Address? {
        let number = descriptor.number
        let (status, address) = unsafe filled { unsafe getsockname(number, $0, $1) }
        return status == 0 ? address : nil
    }
}
