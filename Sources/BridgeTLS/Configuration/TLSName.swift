internal import Glibc

/// The name that a peer's certificate must be for.
///
/// Written in one form: no brackets, no zone of an IPv6 address, no dot at the end (which servers
/// refuse to be called by), lower case. An address in numbers is compared with the addresses of the
/// certificate and is never sent to the server as a name (RFC 6066, 3).
package enum TLSName: Sendable, Hashable, CustomStringConvertible {
    case host(String)
    case address(String)

    /// - Throws: `TLSError` with `configuration` for what is no name: an empty one would switch
    ///   the check off, and one that begins with a dot would fit every name below it.
    package init(_ text: String) throws(TLSError) {
        var name = Substring(text)
        if name.first == "[", name.last == "]" { name = name.dropFirst().dropLast() }
        if name.contains(":"), let zone = name.firstIndex(of: "%") { name = name[..<zone] }
        if name.last == "." { name = name.dropLast() }
        let lower = name.lowercased()
        if Self.isAddress(lower) {
            self = .address(lower)
            return
        }
        guard !lower.isEmpty, lower.utf8.count <= Self.longest, !lower.hasPrefix("."),
            lower.utf8.allSatisfy(Self.isNameByte)
        else {
            throw TLSError(
                .configuration, .configure,
                "the server's name is empty, begins with a dot, or has characters that no name has")
        }
        self = .host(lower)
    }

    /// Bytes of the longest name (RFC 1035, 2.3.4).
    private static let longest = 253

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        // Sound: both calls write no more than 16 bytes, the size of the array.
        var bytes = [UInt8](repeating: 0, count: 16)
        return unsafe inet_pton(AF_INET, text, &bytes) == 1
            || inet_pton(AF_INET6, text, &bytes) == 1
    }

    /// The name or the address.
    package var description: String {
        switch self {
        case .host(let text), .address(let text): text
        }
    }
}
