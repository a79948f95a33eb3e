extension Address {
    /// Whether this is an IPv6 address.
    package var isIPv6: Bool { host.utf8.contains(0x3A) }

    /// Whether the address is one of the public internet: where a link may lead that comes from
    /// somebody whom nobody knows.
    ///
    /// What the registries of IANA set apart is not: this host, private and link-local networks,
    /// carriers' address translation, documentation, benchmarks, multicast, and what is reserved.
    /// Of IPv6 only 2000::/3 without its special parts is public, so that no form of address in
    /// which an IPv4 address is wrapped (mapped, 6to4, Teredo, NAT64) leads back inside.
    package var isPublic: Bool {
        // `sockaddr_in` holds the address from its fifth byte on, `sockaddr_in6` from its ninth.
        switch storage.count {
        case 16...27 where isIPv4: Self.isPublicIPv4(storage[4..<8].map(\.self))
        case 28... where !isIPv4: Self.isPublicIPv6(storage[8..<24].map(\.self))
        default: false
        }
    }

    private var isIPv4: Bool { !isIPv6 }

    /// IPv4 networks that are not public, as prefix and number of bits.
    private static let closedIPv4: [(UInt32, Int)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8),
        (0xA9FE_0000, 16), (0xAC10_0000, 12), (0xC000_0000, 24), (0xC000_0200, 24),
        (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15), (0xC633_6400, 24),
        (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    private static func isPublicIPv4(_ bytes: [UInt8]) -> Bool {
        let value = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return !closedIPv4.contains { prefix, bits in (value ^ prefix) >> (32 - bits) == 0 }
    }

    /// Parts of 2000::/3 that are not public, as the first 32 bits and number of bits: protocol
    /// assignments with Teredo and ORCHID, documentation twice, and 6to4.
    private static let closedIPv6: [(UInt32, Int)] = [
        (0x2001_0000, 23), (0x2001_0DB8, 32), (0x2002_0000, 16), (0x3FFF_0000, 20),
    ]

    private static func isPublicIPv6(_ bytes: [UInt8]) -> Bool {
        guard bytes[0] >> 5 == 1 else { return false }
        let value = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return !closedIPv6.contains { prefix, bits in (value ^ prefix) >> (32 - bits) == 0 }
    }
}
