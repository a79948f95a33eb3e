/// Copies in steps of eight and sixteen bytes, which overshoot: the inner loops of both decoders.
///
/// Everything here is unsafe, and says what its caller has to have shown. What a step may touch
/// after the bytes that were asked for is never more than `CodecBuffer.slack`.
@unsafe enum CodecSteps {
    /// Copies `count` bytes between memory that does not overlap, in steps of 16.
    ///
    /// Sound where both sides have `count + 15` bytes, and 16 at least.
    @inline(__always)
    static func literals(
        _ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, count: Int
    ) {
        unsafe step16(to, from)
        var done = 16
        while done < count {
            unsafe step16(to + done, from + done)
            done &+= 16
        }
    }

    /// Copies the `count` bytes that begin `distance` bytes before `to`; both may overlap.
    ///
    /// Sound where `distance > 0` bytes lie before `to`, and `count + CodecBuffer.slack` after
    /// it. No step reads more than 7 bytes of what none has written; these are masked out.
    @inline(__always)
    static func match(_ to: UnsafeMutableRawPointer, distance: Int, count: Int) {
        if distance >= 16 {
            var done = 0
            repeat {
                unsafe step16(to + done, to + done - distance)
                done &+= 16
            } while done < count
        } else if distance >= 8 {
            var done = 0
            repeat {
                unsafe step8(to + done, to + done - distance)
                done &+= 8
            } while done < count
        } else {
            unsafe pattern(to, distance: distance, count: count)
        }
    }

    /// As `match`, for at most 18 bytes, without a loop: what most matches of LZ4 are.
    ///
    /// Sound where `distance > 0` bytes lie before `to`, and 32 after it.
    @inline(__always)
    static func shortMatch(_ to: UnsafeMutableRawPointer, distance: Int) {
        let from = unsafe UnsafeRawPointer(to - distance)
        // In words, since a load of more than one earlier store waits for both to be done. For the
        // same reason a distance of eight, which columns of 64-bit integers have most, is a word
        // that is repeated and not what the step before it has written.
        if distance > 8 {
            unsafe step8(to, from)
            unsafe step8(to + 8, from + 8)
            unsafe step2(to + 16, from + 16)
        } else {
            // Three strides of at least five bytes and the last store's eight are 23 or more.
            let (word, stride) = unsafe repeated(to, distance)
            unsafe to.storeBytes(of: word, as: UInt64.self)
            unsafe (to + stride).storeBytes(of: word, as: UInt64.self)
            unsafe (to + 2 &* stride).storeBytes(of: word, as: UInt64.self)
            unsafe (to + 3 &* stride).storeBytes(of: word, as: UInt64.self)
        }
    }

    /// Repeats the `distance < 8` bytes before `to`. Sound as `match`.
    @inline(__always)
    private static func pattern(_ to: UnsafeMutableRawPointer, distance: Int, count: Int) {
        let (word, stride) = unsafe repeated(to, distance)
        var done = 0
        repeat {
            unsafe (to + done).storeBytes(of: word, as: UInt64.self)
            done &+= stride
        } while done < count
    }

    /// The `distance <= 8` bytes before `to`, repeated over a word, and how many bytes of the word
    /// are whole repetitions, so that the next word continues it.
    ///
    /// Sound where `distance` bytes lie before `to` and 8 after it: the word that is read begins
    /// with the pattern, and what lies behind it is masked out.
    @inline(__always)
    private static func repeated(
        _ to: UnsafeMutableRawPointer, _ distance: Int
    ) -> (word: UInt64, stride: Int) {
        let bits = UInt64(truncatingIfNeeded: distance &* 8)
        let raw = unsafe (to - distance).loadUnaligned(as: UInt64.self)
        var word = UInt64(littleEndian: raw) & ((1 << bits) &- 1)
        word |= word << bits
        word |= word << (bits &* 2)
        word |= word << (bits &* 4)
        // The strides of the distances 8 to 0, four bits each: the multiples up to 8.
        let stride = 0x8_7658_6880 &>> (distance &* 4) & 15
        return (word.littleEndian, stride)
    }

    /// Copies 2 bytes. Sound where both sides have them.
    @inline(__always)
    static func step2(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer) {
        let bytes = unsafe from.loadUnaligned(as: UInt16.self)
        unsafe to.storeBytes(of: bytes, as: UInt16.self)
    }

    /// Copies 8 bytes. Sound where both sides have them.
    @inline(__always)
    static func step8(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer) {
        let bytes = unsafe from.loadUnaligned(as: UInt64.self)
        unsafe to.storeBytes(of: bytes, as: UInt64.self)
    }

    /// Copies 16 bytes. Sound where both sides have them.
    @inline(__always)
    static func step16(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer) {
        let bytes = unsafe from.loadUnaligned(as: SIMD16<UInt8>.self)
        unsafe to.storeBytes(of: bytes, as: SIMD16<UInt8>.self)
    }
}
