internal import BridgeBytes

/// Reads a bit stream from its end to its start, as Zstandard's entropy codes are written.
///
/// ## Theory of operation
/// The highest set bit of the last byte marks the end of the stream; what lies below it is read
/// first, most significant bit first. The reader keeps the eight bytes in hand in a word and
/// counts the bits that are used up, from the top. `refill` moves the word so that at most seven
/// of its bits are used, which leaves 57: what one round of a loop may take. Near the start of
/// the stream, where the word cannot move further, the count goes on growing; more than 64 means
/// that bits were taken which do not exist, and what they were is of no meaning. So a loop reads
/// without a check and asks in the end. (RFC 8878, section 4.1, and 3.1.1.3.2.1.2.)
struct BackwardBitReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var word: UInt64
    /// Bits of the word that are used, from the top.
    private var used: Int
    /// Where in the stream the word begins.
    private var start: Int

    /// Refuses a stream without an end mark.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) throws(ZstandardFault) {
        guard bytes.count > 0, bytes[bytes.count - 1] != 0 else {
            throw ZstandardFault("a bit stream has no end mark")
        }
        self.bytes = bytes
        start = max(bytes.count - 8, 0)
        word = 0
        used = 0
        if let whole = bytes.littleEndian(UInt64.self, at: start) {
            word = whole
        } else {
            for index in 0..<bytes.count { word |= UInt64(bytes[index]) << UInt64(8 * index) }
            used = 64 - 8 * bytes.count
        }
        used += bytes[bytes.count - 1].leadingZeroBitCount + 1
    }

    /// The next `count` bits (at most 57 between two refills), not taken.
    @inline(__always)
    func peek(_ count: Int) -> Int {
        let bits = word &<< UInt64(truncatingIfNeeded: used)
        return Int(truncatingIfNeeded: (bits &>> 1) &>> UInt64(truncatingIfNeeded: 63 &- count))
    }

    /// The next 11 bits, not taken; what lies before the start of the stream counts as zero.
    @inline(__always)
    var eleven: Int {
        Int(truncatingIfNeeded: (word &<< UInt64(truncatingIfNeeded: used)) &>> 53)
    }

    /// Takes bits that were seen by `peek`.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skip(_ count: Int) { used &+= count }

    /// Takes the next bits.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func read(_ count: Int) -> Int {
        let value = peek(count)
        used &+= count
        return value
    }

    /// Whether the word can move freely: a full eight bytes lie before it.
    @inline(__always)
    var isFarFromStart: Bool { start >= 8 }

    /// Makes at least 57 bits ready, or all that are left.
    ///
    /// Sound, without a check: `start` only falls from where eight bytes lie behind it, and a
    /// stream of fewer than eight begins at zero, from where no step is taken.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func refill() {
        let step = min(used &>> 3, start)
        guard step > 0 else { return }
        start &-= step
        used &-= step &* 8
        word = UInt64(
            littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: start, as: UInt64.self))
    }

    /// Whether bits were taken that do not exist. Meaningful after a refill.
    var isOverrun: Bool { used > 64 }

    /// Whether every bit was taken, and no more. Meaningful after a refill.
    var isAtEnd: Bool { start == 0 && used == 64 }
}

/// Why a Zstandard block was refused.
struct ZstandardFault: Error {
    let what: StaticString
    var isOverLimit = false

    init(_ what: StaticString) { self.what = what }

    /// The output is over its limit.
    static var overLimit: ZstandardFault {
        var fault = ZstandardFault("too much output")
        fault.isOverLimit = true
        return fault
    }
}
