package import BridgeBytes
internal import CLinux
internal import Glibc

/// An open file with any number of owners; it is closed when the last one lets go of it.
///
/// Reads and writes name their position, so nothing here changes and any thread may use it.
package final class OpenFile: Sendable {
    package let number: Int32
    /// What the file is called, for errors.
    let path: String
    let calls: SystemCalls

    private init(number: Int32, path: String, calls: SystemCalls) {
        self.number = number
        self.path = path
        self.calls = calls
    }

    deinit { _ = Glibc.close(number) }

    /// Opens an existing file to read.
    /// - Parameter followsLinks: Whether a symbolic link in its place is followed; otherwise it
    ///   is refused (ELOOP).
    package static func reading(
        _ path: String, followsLinks: Bool = false, calls: SystemCalls = SystemCalls()
    ) throws(SocketError) -> OpenFile {
        // Nobody has named what lies in a folder of ours: a pipe there has no writer, for ever.
        try open(
            path, O_RDONLY | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW | O_NONBLOCK), calls)
    }

    /// Who may use a file that is created.
    package enum Access: UInt32 {
        case owner = 0o600
        /// Whom the process lets use what it creates (its umask).
        case usual = 0o666
    }

    /// Creates a file to write and read; one that exists is refused (EEXIST).
    package static func creating(
        _ path: String, for access: Access = .owner, calls: SystemCalls = SystemCalls()
    ) throws(SocketError) -> OpenFile {
        try open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, calls, access)
    }

    /// Opens an existing file to write and read.
    package static func updating(
        _ path: String, calls: SystemCalls = SystemCalls()
    ) throws(SocketError) -> OpenFile {
        try open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, calls)
    }

    private static func open(
        _ path: String, _ flags: Int32, _ calls: SystemCalls, _ access: Access = .owner
    ) throws(SocketError) -> OpenFile {
        let number = calls.retried(.open) { _ in
            unsafe Glibc.open(path, flags, access.rawValue)
        }
        guard number >= 0 else {
            throw SocketError("open", errno: Errno.current, subject: path)
        }
        return OpenFile(number: number, path: path, calls: calls)
    }

    /// Writes all bytes at a position. The file grows as needed.
    package func write(_ span: Span<UInt8>, at position: Int) throws(SocketError) {
        try unsafe span.withUnsafeBytes { buffer throws(SocketError) in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                // Sound: `done < count`, so the kernel reads inside the span.
                let count = calls.retried(.fileWrite, buffer.count - done) {
                    unsafe Glibc.pwrite(number, base + done, $0, position + done)
                }
                guard count > 0 else { throw failure("write") }
                done += count
            }
        }
    }

    /// The bytes from a position on, at most `limit`; fewer only at the end of the file.
    package func read(at position: Int, limit: Int) throws(SocketError) -> Bytes {
        var writer = ByteWriter(capacity: limit)
        while writer.count < limit {
            let done = writer.count
            try unsafe writer.appendUnsafe(upTo: limit - done) { spare throws(SocketError) in
                let count = calls.retried(.fileRead, limit - done) {
                    unsafe Glibc.pread(number, spare.baseAddress, $0, position + done)
                }
                guard count >= 0 else { throw failure("read") }
                return count
            }
            if writer.count == done { break }
        }
        return writer.finish()
    }

    /// The size in bytes.
    package func size() throws(SocketError) -> Int {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw failure("fstat") }
        return status.st_size
    }

    /// Whether it is a regular file, and no folder, pipe or device.
    package func isRegular() throws(SocketError) -> Bool {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw failure("fstat") }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Makes the file so long, with room on the disk for all of it. Blocks: where the file system
    /// does not know how, every block is written.
    package func allocate(_ size: Int) throws(SocketError) {
        let status = calls.retried(.allocate) { _ in
            // Which returns the error number.
            let error = posix_fallocate(number, 0, size)
            Glibc.errno = error
            return error == 0 ? 0 : -1
        }
        guard status == 0 else { throw failure("fallocate") }
    }

    /// Waits until the content is on the disk.
    package func synchronize() throws(SocketError) {
        guard calls.retried(.synchronize, 0, { _ in fsync(number) }) == 0 else {
            throw failure("fsync")
        }
    }

    /// Has the system begin to write a range to the disk, and does not wait for it: who waits for
    /// all of it later (`synchronize()`) then waits for less. What fails is told there. It blocks
    /// where the disk has more to do than it takes.
    package func startWriteBack(_ range: Range<Int>) {
        let onlyStart: UInt32 = 2  // SYNC_FILE_RANGE_WRITE
        _ = calls.once(.writeBack, 0) { _ in
            sync_file_range(number, range.lowerBound, range.count, onlyStart)
        }
    }

    private func failure(_ operation: String) -> SocketError {
        SocketError(operation, errno: Errno.current, subject: path)
    }
}
