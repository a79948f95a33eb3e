internal import Glibc

/// One fixed piece of memory, on the heap, in huge pages or mapped from a file, that any number of
/// `Bytes` share.
///
/// ## Why `@unchecked Sendable` is sound
/// A region is written by one owner at a time (a `ReceiveBuffer`, a `ByteWriter`, or the code
/// that maps a file), or by several of whom each has a range of its own (the parts of a body),
/// and only at positions that no `Bytes` covers yet. A `Bytes` is made over
/// a prefix that its maker will never write again. So a byte that two tasks can see is constant
/// for as long as both can see it; `base` and `capacity` never change; the memory is released
/// once, in `deinit`, when no `Bytes` is left. Huge pages are not copyable, and a region that has
/// them gives them on in its `deinit`: so they are in one region, or in none.
@usableFromInline @safe package final class ByteRegion: @unchecked Sendable {
    private enum Origin {
        case heap, mapping
        case lent(LentPages)
    }

    /// Start of the memory. Writable only above what has been published as `Bytes`.
    @usableFromInline @unsafe package let base: UnsafeMutableRawPointer
    /// Size of the memory in bytes.
    @usableFromInline package let capacity: Int
    private let origin: Origin

    /// Heap regions start on a cache line, which is also the alignment that Arrow asks for.
    package static let alignment = 64

    /// Smaller ones start where the system puts them, which suits any number: it keeps no aligned
    /// pieces ready, and takes several times longer to find one.
    package static let alignedThreshold = 1 << 10

    /// Heap memory above this size is asked for in huge pages: the first touch of fresh memory
    /// is the real cost of a large payload, and huge pages make it several times cheaper.
    package static let hugePageThreshold = 4 << 20

    /// Takes `capacity` bytes of uninitialised heap memory.
    package init(capacity: Int) {
        precondition(capacity >= 0, "a region has no negative size")
        guard let memory = unsafe Self.memory(capacity) else {
            // As the standard library does: a process without memory cannot go on.
            preconditionFailure("no memory for \(capacity) bytes")
        }
        unsafe base = memory
        self.capacity = capacity
        origin = .heap
    }

    private static func memory(_ capacity: Int) -> UnsafeMutableRawPointer? {
        guard capacity >= alignedThreshold else { return unsafe malloc(max(capacity, 1)) }
        let isLarge = capacity >= hugePageThreshold
        var memory: UnsafeMutableRawPointer?
        let status = unsafe posix_memalign(&memory, isLarge ? 2 << 20 : alignment, capacity)
        guard status == 0, let memory = unsafe memory else { return nil }
        if isLarge { _ = unsafe madvise(memory, capacity, MADV_HUGEPAGE) }
        return unsafe memory
    }

    /// Takes over a mapping made with `mmap`; it is unmapped when the last `Bytes` is gone.
    @unsafe package init(mapping: UnsafeMutableRawPointer, count: Int) {
        unsafe base = mapping
        capacity = count
        origin = .mapping
    }

    /// Lends the beginning of huge pages; they are handed on when the last `Bytes` is gone.
    /// - Parameter next: Called once, on whatever thread lets go last.
    package init(
        _ pages: consuming HugePages, capacity: Int,
        next: @escaping @Sendable (consuming HugePages) -> Void
    ) {
        precondition(capacity >= 0 && capacity <= pages.size, "more than the pages have")
        unsafe base = pages.base
        self.capacity = capacity
        origin = .lent(LentPages(pages, next: next))
    }

    /// What it takes of memory, in bytes: for lent pages all of them.
    package var memorySize: Int {
        if case .lent(let pages) = origin { pages.size } else { capacity }
    }

    private var isMapping: Bool {
        if case .mapping = origin { true } else { false }
    }

    /// Gives the pages of a mapped file back to the page cache. They come in again when they are
    /// touched, so that nothing changes but what counts as the process's own memory.
    package func releasePages() {
        // Sound: the mapping is private and never written, so that no page holds changes.
        if isMapping { _ = unsafe madvise(base, capacity, MADV_DONTNEED) }
    }

    /// Has the system get pages ready that are about to be written: many at once, where each would
    /// be a fault of its own, which costs several times as much in a file. Does nothing for private
    /// memory, which comes in huge pages, and on systems that cannot (Linux before 5.14).
    package func prepare(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "outside the region")
        guard isMapping, !range.isEmpty else { return }
        let start = range.lowerBound & ~(Self.pageSize - 1)
        // Sound: the range lies in the mapping, and content does not change.
        _ = unsafe madvise(base + start, range.upperBound - start, Self.populateForWriting)
    }

    private static let pageSize = Int(getpagesize())
    /// `MADV_POPULATE_WRITE`, which headers of the system may be too old for.
    private static let populateForWriting: Int32 = 23

    deinit {
        switch origin {
        case .heap: unsafe free(base)
        case .mapping: unsafe munmap(base, capacity)
        case .lent: break
        }
    }
}
