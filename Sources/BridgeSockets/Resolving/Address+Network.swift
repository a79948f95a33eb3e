internal import Glibc

extension Address {
    /// Whoever is to be held to a limit: the address in IPv4, and in IPv6 the network of 64 bits,
    /// which one customer has for himself and may draw addresses from at will.
    package var network: String {
        guard family == AF_INET6, storage.count >= 24 else { return host }
        let bytes = storage[8..<24]
        // An IPv4 address in the form of IPv6, as a socket for both shows it.
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes.dropFirst(10).prefix(2) == [255, 255] {
            return bytes.suffix(4).map { String($0) }.joined(separator: ".")
        }
        let digits = bytes.prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let groups = stride(from: 0, to: 8, by: 2).map { digits[$0] + digits[$0 + 1] }
        return groups.joined(separator: ":") + "::/64"
    }

    /// Whether it stands for all addresses of the machine, so that nobody can be sent there.
    package var isWildcard: Bool {
        switch family {
        case AF_INET: storage.count >= 8 && storage[4..<8].allSatisfy { $0 == 0 }
        case AF_INET6: storage.count >= 24 && storage[8..<24].allSatisfy { $0 == 0 }
        default: false
        }
    }
}

extension Address {
    /// Whether only this machine can be there.
    package var isLoopback: Bool {
        switch family {
        case AF_INET: storage.count >= 8 && storage[4] == 127
        case AF_INET6:
            storage.count >= 24 && storage[8..<23].allSatisfy { $0 == 0 } && storage[23] == 1
        default: false
        }
    }
}
