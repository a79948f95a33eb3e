package import BridgeBytes
internal import CLinux
internal import Glibc

/// Memory that is a file's pages rather than the process's own.
package enum MappedMemory {
    /// A mapped, zeroed temporary file without a name, so that its content costs page cache and
    /// disk, not private memory: the system can write it out and drop it when memory is short.
    /// The space is reserved at once, so that a full disk shows here and not as a fault later.
    ///
    /// Nil when the folder cannot be used or has no room, and where files are memory anyway
    /// (`isMemory(_:)`); the caller then takes private memory. Blocks: not for a reactor's thread.
    package static func temporaryFile(
        count: Int, in folder: String, calls: SystemCalls = SystemCalls()
    ) -> ByteRegion? {
        guard count > 0, !isMemory(folder) else { return nil }
        var template = (folder + "/natsbridge-XXXXXX").utf8CString.map { $0 }
        // Sound: the template is zero-terminated and writable, as `mkstemp` wants it.
        let number = unsafe template.withUnsafeMutableBufferPointer {
            name in
            unsafe name.baseAddress.map { name in
                calls.retried(.open) { _ in unsafe mkstemp(name) }
            } ?? -1
        }
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        unsafe _ = unlink(template)
        _ = fcntl(descriptor.number, F_SETFD, FD_CLOEXEC)
        return region(of: descriptor, count: count, calls: calls)
    }

    /// A file's first `count` bytes, which it gets now; nil where there is no room. The mapping
    /// keeps the file.
    static func region(
        of descriptor: borrowing Descriptor, count: Int, calls: SystemCalls
    ) -> ByteRegion? {
        let status = calls.retried(.allocate) { _ in
            // Which returns the error number.
            let number = posix_fallocate(descriptor.number, 0, count)
            Glibc.errno = number
            return number == 0 ? 0 : -1
        }
        guard status == 0 else { return nil }
        let address = unsafe mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
        return unsafe ByteRegion(mapping: address, count: count)
    }

    /// Whether the files of a folder are memory, which the system cannot write out without swap
    /// (tmpfs): mapping them saves none, and each of their small pages costs a fault and more,
    /// several times what private memory in huge pages costs.
    package static func isMemory(_ folder: String) -> Bool {
        var status = statfs()
        guard unsafe statfs(folder, &status) == 0 else { return false }
        return Int64(status.f_type) == tmpfsMagic || Int64(status.f_type) == ramfsMagic
    }

    private static let tmpfsMagic: Int64 = 0x0102_1994
    private static let ramfsMagic: Int64 = 0x8584_58F6
}
