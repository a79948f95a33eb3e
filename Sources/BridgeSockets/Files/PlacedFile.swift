package import BridgeBytes
internal import Glibc
internal import Synchronization

/// A file that bytes are received into where they will lie, so that none is copied; it appears
/// whole or not at all, and has no name before, so that a process that is killed leaves nothing.
package final class PlacedFile: Sendable {
    private struct Pages: ~Copyable {
        let descriptor: Descriptor
        let address: UInt
        let count: Int
    }

    private let path: String
    private let calls: SystemCalls
    private let pages = Mutex<Pages?>(nil)

    /// - Parameter path: The file's name; what has it is replaced at the end.
    package init(_ path: String, calls: SystemCalls = SystemCalls()) {
        (self.path, self.calls) = (path, calls)
    }

    /// The file's pages, for so many bytes, in place of those that were made before. Nil for less
    /// than is worth it, where files are memory anyway, and where there can be no such file: then
    /// the bytes are to be written, and what is wrong shows.
    ///
    /// Blocks: not for a reactor's thread.
    package func place(for count: Int) -> ByteRegion? {
        pages.withLock { $0 = nil }
        guard count >= Self.leastSize, !MappedMemory.isMemory(folder) else { return nil }
        let flags = O_RDWR | O_CLOEXEC | O_DIRECTORY | Self.nameless
        let number = calls.retried(.open) { _ in unsafe Glibc.open(folder, flags, 0o666) }
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        guard let region = MappedMemory.region(of: descriptor, count: count, calls: calls) else {
            return nil
        }
        let address = unsafe UInt(bitPattern: region.base)
        var made: Pages? = Pages(descriptor: descriptor, address: address, count: count)
        pages.withLock { swap(&$0, &made) }
        return region
    }

    /// Gives the file its name, if these bytes are what lies in it. Returns false where they lie
    /// elsewhere, or the system gives no names to such files: they are to be written then.
    /// - Throws: `SocketError` with what `rename` says.
    package func finish(_ bytes: Bytes) throws(SocketError) -> Bool {
        guard let whole = pages.withLock({ $0.take() }), whole.address == bytes.address,
            whole.count == bytes.count
        else { return false }
        var generator = SystemGenerator()
        let name = "\(path).\(UniqueID.hex128(using: &generator)).partial"
        // The one way to name such a file without a privilege (open(2), O_TMPFILE).
        let source = "/proc/self/fd/\(whole.descriptor.number)"
        let status = calls.once(.link) { _ in
            unsafe linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW)
        }
        guard status == 0 else { return false }
        guard calls.once(.rename, 0, { _ in unsafe Glibc.rename(name, path) }) == 0 else {
            let error = SocketError("rename", errno: Errno.current, subject: path)
            _ = unsafe unlink(name)
            throw error
        }
        return true
    }

    /// Bytes below which a copy costs less than a mapping: 4 MiB.
    private static let leastSize = 4 << 20
    /// `O_TMPFILE` but for `O_DIRECTORY`; headers hide it (asm-generic/fcntl.h).
    private static let nameless: Int32 = 0o20_000_000

    private var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
