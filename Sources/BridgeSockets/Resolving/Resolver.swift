internal import BridgeBytes
internal import Glibc

/// Names to addresses.
package enum Resolver {
    /// All addresses of a host, in the system's order of preference.
    ///
    /// A numeric host is answered at once; a name is looked up on a thread that may block.
    package static func addresses(
        host: String, port: Int
    ) async throws(SocketError) -> [Address] {
        if let address = Address(numericHost: host, port: port) { return [address] }
        let found = await BlockingPool.shared.run { lookUp(host: host, port: port) }
        return try found.get()
    }

    private static func lookUp(host: String, port: Int) -> Result<[Address], SocketError> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = SystemCalls.plainStream
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            let text = unsafe String(cString: gai_strerror(status))
            return .failure(SocketError("resolve", errno: 0, subject: host, detail: text))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [Address] = []
        var next = unsafe list
        while let entry = unsafe next {
            let size = unsafe Int(entry.pointee.ai_addrlen)
            if let address = unsafe entry.pointee.ai_addr {
                // Sound: `getaddrinfo` says that `ai_addrlen` bytes lie there.
                let raw = unsafe UnsafeRawBufferPointer(start: address, count: size)
                addresses.append(Address(storage: unsafe Array(raw)))
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return addresses.isEmpty
            ? .failure(SocketError("resolve", errno: 0, subject: host, detail: "no address"))
            : .success(addresses)
    }
}
