internal import BridgeBytes

/// The output of a codec: memory of a fixed limit that is filled from its start, and that matches
/// are copied out of again.
///
/// ## Theory of operation
/// Both formats write literals and repeat what was written before ("go back 12 bytes, copy 40").
/// The primitives below do that in steps of 16 bytes, which may write up to 15 bytes more than
/// were asked for; the region therefore has `slack` bytes after `limit`, and what lies there is
/// overwritten by the next step or never seen. The output is refused, not cut, where it would
/// grow over the end of the block or over the limit. Memory is only touched as far as output was
/// really made, so a limit that an input claimed costs address space, no more.
///
/// ## Why the unsafe steps are sound
/// The region holds `limit + slack` bytes and `0 <= floor <= count <= blockEnd <= limit` holds
/// between calls. Each primitive compares its length with `blockEnd - count` and its distance
/// with `count - floor` before it touches memory, so every read lies in `0 ..< limit + slack`
/// and every write ends before `blockEnd + 16 <= limit + slack`. Bytes of the slack may be read
/// before they were written only into places that are written again before they count.
struct CodecBuffer: ~Copyable {
    /// Room for steps that overshoot.
    static let slack = 32

    private let region: ByteRegion
    /// Most bytes that the output may have.
    let limit: Int
    /// Number of bytes made so far.
    private(set) var count = 0
    /// Where the output must end at the latest: of the block in hand, or of all.
    private(set) var blockEnd: Int
    /// Matches reach back to here at the most.
    private(set) var floor = 0

    init(limit: Int) {
        precondition(limit >= 0, "no negative limit")
        region = ByteRegion(capacity: Self.capacity(for: limit + Self.slack))
        self.limit = limit
        blockEnd = limit
    }

    /// What is asked for where this many bytes are needed: up to the next huge page, where that is
    /// an eighth more at most. A last piece of small pages would cost one fault for each of them,
    /// and buffers of a million values, 4 or 8 MB, end just below a huge page.
    private static func capacity(for count: Int) -> Int {
        let page = 2 << 20
        let more = page - 1 - (count + page - 1) % page
        return more <= count / 8 ? count + more : count
    }

    /// Bytes that the block in hand may still have.
    var room: Int { blockEnd - count }

    /// Whether what is refused now is refused by the limit of all output, not by the block's.
    var isAtLimit: Bool { blockEnd == limit }

    /// Begins a block of at most `size` bytes.
    mutating func beginBlock(ofAtMost size: Int) {
        blockEnd = size < limit - count ? count + size : limit
    }

    /// Forbids matches that reach back before this point or further than `distance` bytes.
    mutating func setFloor(_ position: Int) {
        precondition(position >= 0 && position <= count)
        floor = position
    }

    /// What was made from a position on.
    @_lifetime(borrow self)
    func span(from start: Int) -> Span<UInt8> {
        precondition(start >= 0 && start <= count)
        // Sound: the first `count` bytes are initialised, and `self` keeps the region.
        let pointer = unsafe UnsafeRawPointer(region.base + start)
            .assumingMemoryBound(to: UInt8.self)
        let span = unsafe Span(_unsafeStart: pointer, count: count - start)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Hands the output over, without a copy.
    consuming func finish() -> Bytes { Bytes(region, 0..<count) }

    /// Appends `length` bytes of the input, from a position on that the caller has checked to
    /// have that many. False, and nothing done, when there is no room.
    @inline(__always)
    mutating func append(_ input: Span<UInt8>, at position: Int, count length: Int) -> Bool {
        precondition(position >= 0 && length >= 0 && length <= input.count - position)
        guard length <= blockEnd - count else { return false }
        // Sound: the precondition holds the reads inside the input, the guard the writes inside
        // the region; a step of 16 bytes is taken where the input has 16.
        unsafe input.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            let from = unsafe start + position
            let to = unsafe region.base + count
            if length <= 16, source.count - position >= 16 {
                unsafe CodecSteps.step16(to, from)
            } else {
                unsafe to.copyMemory(from: from, byteCount: length)
            }
        }
        count &+= length
        return true
    }

    /// Appends one byte several times. False, and nothing done, when there is no room.
    mutating func append(repeating byte: UInt8, count length: Int) -> Bool {
        guard length >= 0, length <= blockEnd - count else { return false }
        // Sound: the guard holds the writes inside the region.
        unsafe (region.base + count).initializeMemory(
            as: UInt8.self, repeating: byte, count: length)
        count &+= length
        return true
    }

    /// Appends one byte. False, and nothing done, when there is no room.
    @inline(__always)
    mutating func append(_ byte: UInt8) -> Bool {
        guard count < blockEnd else { return false }
        // Sound: the guard holds the write inside the region.
        unsafe (region.base + count).storeBytes(of: byte, as: UInt8.self)
        count &+= 1
        return true
    }

    /// Appends an integer, least significant byte first. False, and nothing done, when there is
    /// no room.
    mutating func append<T: FixedWidthInteger & BitwiseCopyable>(littleEndian value: T) -> Bool {
        guard MemoryLayout<T>.size <= blockEnd - count else { return false }
        // Sound: the guard holds the write inside the region.
        unsafe (region.base + count).storeBytes(of: value.littleEndian, as: T.self)
        count &+= MemoryLayout<T>.size
        return true
    }

    /// Overwrites an integer that was written before.
    mutating func patch(littleEndian value: UInt32, at position: Int) {
        precondition(position >= 0 && position <= count - 4)
        // Sound: the precondition holds the write inside what was written.
        unsafe (region.base + position).storeBytes(of: value.littleEndian, as: UInt32.self)
    }

    /// Forgets what was written after the first `count` bytes.
    mutating func truncate(to count: Int) {
        precondition(count >= floor && count <= self.count)
        self.count = count
    }

    /// Appends `length` bytes that begin `distance` bytes before the end; both may overlap.
    /// False, and nothing done, when the distance reaches too far back or there is no room.
    @inline(__always)
    mutating func appendMatch(distance: Int, count length: Int) -> Bool {
        guard distance > 0, distance <= count - floor, length >= 0, length <= blockEnd - count
        else { return false }
        // Sound: `distance` bytes lie before the end, and the steps overshoot by less than the
        // slack.
        unsafe CodecSteps.match(region.base + count, distance: distance, count: length)
        count &+= length
        return true
    }

    /// The start of the memory, for a loop that keeps its own bounds: those of `extend`. What it
    /// made counts when it is said by `advance`.
    @unsafe var memory: UnsafeMutableRawPointer { unsafe region.base }

    /// Counts what a loop made in `memory`, up to a position.
    @unsafe mutating func advance(to newCount: Int) {
        precondition(newCount >= count && newCount <= blockEnd, "a loop over its block")
        count = newCount
    }

    /// Lends the memory to a loop that keeps its own bounds, for what is too hot to be asked
    /// here every time. The loop is given the start of the region and the number of bytes made
    /// so far, and returns how many there are then.
    ///
    /// Sound where the loop reads at `floor ..< limit + slack` and writes at
    /// `count ..< limit + slack` only; what it returns is checked here.
    @inline(__always)
    @unsafe mutating func extend(_ loop: (UnsafeMutableRawPointer, Int) -> Int) {
        let newCount = unsafe loop(region.base, count)
        precondition(newCount >= count && newCount <= blockEnd, "a loop over its block")
        count = newCount
    }
}
