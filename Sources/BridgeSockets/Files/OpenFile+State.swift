internal import Glibc

/// What a file looks like from outside.
package struct FileState: Sendable, Hashable {
    /// Bytes.
    package let size: Int
    /// When its content was written to last, in nanoseconds since 1970 by the file system's clock.
    package let modified: Int64
    /// The file itself, whatever its name.
    package let inode: UInt64

    init(_ status: stat) {
        size = Int(status.st_size)
        let (seconds, nanoseconds) = (Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec))
        modified = seconds &* 1_000_000_000 &+ nanoseconds
        inode = UInt64(status.st_ino)
    }
}

extension OpenFile {
    /// Its size and when it was written to.
    package func state() throws(SocketError) -> FileState {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else {
            throw SocketError("fstat", errno: Errno.current)
        }
        return FileState(status)
    }
}

extension FileSystem {
    /// Whether a folder has that name; a link to one does not count.
    package func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether the file of a name, or what a link of that name leads to, is a regular one: others,
    /// such as pipes, may have no other end for ever. Nil when there is none.
    package func isRegular(_ path: String) -> Bool? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// The state of the file of a name, without following a link; nil when there is none.
    package func state(of path: String) -> FileState? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? FileState(status) : nil
    }
}
