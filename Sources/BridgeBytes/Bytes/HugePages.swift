internal import Glibc
internal import Synchronization

/// Private memory in pages of 2 MiB with exactly one owner. It goes back to the system when its
/// owner lets go of it without handing it on.
///
/// ## Why `@unchecked Sendable` is sound
/// The value cannot be copied and its address never changes, so only its owner can touch the
/// memory, on whatever thread that owner is.
@safe package struct HugePages: ~Copyable, @unchecked Sendable {
    @unsafe let base: UnsafeMutableRawPointer
    /// Size in bytes, a multiple of `pageSize`.
    package let size: Int

    package static let pageSize = 2 << 20

    /// What `count` bytes take, in bytes; nil for none, and for more than can be asked for.
    package static func size(for count: Int) -> Int? {
        guard count > 0, count <= Int.max / 2 else { return nil }
        return (count + pageSize - 1) & ~(pageSize - 1)
    }

    /// Asks the system for so many bytes at least, whose content is anything. Nil where it has
    /// none: it decides by what is in use, so that a refusal is no error of ours.
    package init?(atLeast count: Int) {
        guard let size = Self.size(for: count) else { return nil }
        // The system promises its own pages' alignment and no more, so what stands over is cut off.
        let room = size + Self.pageSize
        let start = unsafe mmap(
            nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
        let before = -Int(bitPattern: start) & (Self.pageSize - 1)
        // Sound: both pieces lie in the new mapping and outside of what is kept of it.
        if before > 0 { _ = unsafe munmap(start, before) }
        _ = unsafe munmap(start + before + size, room - before - size)
        unsafe base = start + before
        self.size = size
        _ = unsafe madvise(base, size, MADV_HUGEPAGE)
    }

    /// Lets the system take pages away when it is short of memory, until they are written again.
    /// Their content is lost.
    package func offer() {
        // Sound: nobody but the owner, who asks for it, could read what is lost.
        _ = unsafe madvise(base, size, MADV_FREE)
    }

    deinit { _ = unsafe munmap(base, size) }
}

/// Huge pages that a region lends to its readers. When it is let go of, they are handed on.
final class LentPages: Sendable {
    /// In bytes.
    let size: Int
    private let pages: Mutex<HugePages?>
    private let next: @Sendable (consuming HugePages) -> Void

    init(_ pages: consuming HugePages, next: @escaping @Sendable (consuming HugePages) -> Void) {
        size = pages.size
        self.pages = Mutex(consume pages)
        self.next = next
    }

    deinit {
        if let pages = pages.withLock({ $0.take() }) { next(pages) }
    }
}
