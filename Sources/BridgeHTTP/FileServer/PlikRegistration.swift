internal import BridgeBytes

/// An upload that Plik's first call announces and that the following ones fill.
///
/// ## Theory of operation
/// Nothing of it is kept. The identifier says when the upload ends and whether it is one-shot,
/// beside 36 random bits and 24 that only this store can have computed; the token is the store's
/// seal of the identifier. So any number of registrations takes no room, one that is never used
/// leaves nothing, and one that was made before a restart goes on after it. Links are no easier
/// to guess for that: the identifier of the file, another 95 random bits, is part of them.
package struct PlikRegistration: Sendable, Hashable {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    /// Bits of the time, in seconds since 1970: enough until the year 2514.
    private static let timeBits: UInt128 = 34
    private static let randomBits: UInt128 = 36
    private static let checkBits: UInt128 = 24

    package let id: String
    /// The secret with which files are added and deleted.
    package let token: String
    package let isOneShot: Bool
    /// Milliseconds since 1970.
    package let expires: Int64

    /// An upload that ends at a time, or less than a second later.
    package init(
        expires: Int64, isOneShot: Bool, secret: StoreSecret,
        using generator: inout some RandomNumberGenerator
    ) {
        let seconds = UInt128(clamping: expires / 1000 + (expires % 1000 > 0 ? 1 : 0))
        let time = min(seconds, (1 << Self.timeBits) - 1)
        var facts = UInt128(generator.next()) >> (64 - Self.randomBits)
        facts = facts << 1 | (isOneShot ? 1 : 0)
        facts = facts << Self.timeBits | time
        var number = facts << Self.checkBits | Self.check(facts, secret)
        var digits: [UInt8] = []
        for _ in 0..<16 {
            digits.append(Self.alphabet[Int(number % 62)])
            number /= 62
        }
        self.init(String(decoding: digits, as: UTF8.self), facts, secret)
    }

    /// What an identifier says; nil when this store has not made it.
    package init?(id: String, secret: StoreSecret) {
        guard ObjectKey.isPlikID(id) else { return nil }
        var number: UInt128 = 0
        for digit in id.utf8.reversed() {
            guard let value = Self.alphabet.firstIndex(of: digit) else { return nil }
            number = number * 62 + UInt128(value)
        }
        let facts = number >> Self.checkBits
        let check = number & ((1 << Self.checkBits) - 1)
        guard check == Self.check(facts, secret) else { return nil }
        self.init(id, facts, secret)
    }

    private init(_ id: String, _ facts: UInt128, _ secret: StoreSecret) {
        self.id = id
        token = secret.seal("plik upload \(id)")
        isOneShot = facts >> Self.timeBits & 1 == 1
        expires = Int64(facts & ((1 << Self.timeBits) - 1)) * 1000
    }

    private static func check(_ facts: UInt128, _ secret: StoreSecret) -> UInt128 {
        let seal = secret.seal("plik identifier \(facts)").prefix(Int(checkBits / 4))
        return UInt128(seal, radix: 16) ?? 0
    }
}
