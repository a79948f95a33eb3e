internal import Glibc

/// A socket that listens already when this process begins, as a service manager hands one over.
package enum InheritedSocket {
    /// What a descriptor is that cannot be used.
    package static let complaint = "it is no TCP socket that listens"

    /// Where it listens; nil when it is no TCP socket that listens.
    package static func address(of number: Int32) -> Address? {
        guard option(SO_TYPE, of: number) == Int32(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN, of: number) == 1
        else { return nil }
        // Not closed here: whoever asks does not own it.
        let descriptor = Descriptor(owning: number)
        let address = Address.local(of: descriptor)
        _ = descriptor.release()
        guard let address, address.family == AF_INET || address.family == AF_INET6 else {
            return nil
        }
        return address
    }

    private static func option(_ name: Int32, of number: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        // Sound: the kernel writes at most `size` bytes before the call returns.
        let status = unsafe getsockopt(number, SOL_SOCKET, name, &value, &size)
        return status == 0 ? value : nil
    }
}
