internal import BridgeBytes

/// Pieces of input in their order, and runs of bytes out of them: as views where one piece holds
/// the whole run, else put together in memory of its own.
///
/// That memory grows with the bytes that have come, sixteenfold, never by what a message claims
/// alone, and never beyond the run. So a byte is moved again seldom, however small the pieces, and
/// a forged size costs at most sixteen times what was really sent.
struct InputQueue: ~Copyable, Sendable {
    /// A run put together before and not dropped yet; it precedes `front`.
    private var joined = Bytes()
    private var front = Bytes()
    private var waiting = Fifo<Bytes>()
    /// The beginning of a run that is being put together.
    private var writer = ByteWriter(capacity: 0)

    /// The first growth: small heads and bodies take one allocation.
    private static let firstCapacity = 64 << 10
    /// How much memory may be asked for by what has come.
    private static let growth = 16

    mutating func append(_ piece: Bytes) {
        if !piece.isEmpty { waiting.append(piece) }
    }

    /// The next `count` bytes, taken out; nil, and kept, when there are not that many yet.
    mutating func take(_ count: Int) -> Bytes? {
        guard count > 0 else { return Bytes() }
        guard let run = window(atLeast: count) else { return nil }
        drop(count)
        return run[0..<count]
    }

    /// At least the next `count` bytes, without taking them out; nil when there are not that many
    /// yet. What is asked for next must not be less.
    mutating func window(atLeast count: Int) -> Bytes? {
        if joined.count >= count { return joined }
        if writer.isEmpty, joined.isEmpty, let first = next(), first.count >= count {
            return first
        }
        if !joined.isEmpty {
            reserve(joined.count, upTo: count)
            writer.append(joined)
            joined = Bytes()
        }
        while writer.count < count {
            guard let first = next() else { return nil }
            let taken = min(first.count, count - writer.count)
            reserve(taken, upTo: count)
            writer.append(first[0..<taken])
            front = first[taken...]
        }
        var full = ByteWriter(capacity: 0)
        swap(&writer, &full)
        joined = full.finish()
        return joined
    }

    /// Takes out bytes that a window showed.
    mutating func drop(_ count: Int) {
        if joined.isEmpty { front = front[count...] } else { joined = joined[count...] }
    }

    /// All that has not been taken out.
    func remaining() -> [Bytes] {
        let parts = [joined, Bytes(copying: writer.span), front] + waiting.waiting
        return parts.filter { !$0.isEmpty }
    }

    /// The piece that is read now; nil when there is no input.
    private mutating func next() -> Bytes? {
        if front.isEmpty, let piece = waiting.popFirst() { front = piece }
        return front.isEmpty ? nil : front
    }

    private mutating func reserve(_ additional: Int, upTo limit: Int) {
        let needed = writer.count + additional
        guard writer.capacity < needed else { return }
        let capacity = min(limit, max(Self.growth * needed, Self.firstCapacity))
        var larger = ByteWriter(capacity: capacity)
        larger.append(writer.span)
        writer = larger
    }
}
