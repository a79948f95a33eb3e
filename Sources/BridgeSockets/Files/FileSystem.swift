internal import BridgeBytes
internal import Glibc

/// Names of files and folders. All of these calls may block on a disk: run them in the
/// `BlockingPool`.
package enum FileSystem {
    /// Creates a folder for its owner only; one that exists is left as it is.
    package static func makeDirectory(_ path: String) throws(SocketError) {
        guard unsafe mkdir(path, 0o700) == 0 || Errno.current == EEXIST else {
            throw failure("mkdir", path)
        }
    }

    /// Gives a file another name, in place of what had that name.
    package static func rename(_ old: String, to new: String) throws(SocketError) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw failure("rename", new) }
    }

    /// Gives a file a second name; fails with EEXIST when that name is taken.
    package static func link(_ old: String, as new: String) throws(SocketError) {
        guard unsafe Glibc.link(old, new) == 0 else { throw failure("link", new) }
    }

    /// Takes a name away. Returns false when nobody has it.
    package static func remove(_ path: String) throws(SocketError) -> Bool {
        if unsafe unlink(path) == 0 { return true }
        guard Errno.current == ENOENT else { throw failure("unlink", path) }
        return false
    }

    /// Waits until the names in a folder are on the disk.
    package static func synchronizeDirectory(_ path: String) throws(SocketError) {
        let number = SystemCalls.retried {
            unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard number >= 0 else { throw failure("open", path) }
        defer { _ = Glibc.close(number) }
        guard SystemCalls.retried({ fsync(number) }) == 0 else { throw failure("fsync", path) }
    }

    /// The names in a folder, without `.` and `..`, in no order.
    package static func names(in path: String) throws(SocketError) -> [String] {
        guard let folder = unsafe opendir(path) else { throw failure("opendir", path) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            // Sound: the entry is valid until the next call, and its name ends with a zero.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The size of a file in bytes, without following a link; nil when there is none.
    package static func size(of path: String) -> Int? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return status.st_size
    }

    /// The bytes that an ordinary process may still write to the disk of a path.
    package static func freeBytes(at path: String) throws(SocketError) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return free.overflow ? Int.max : Int(clamping: free.partialValue)
    }

    private static func failure(_ operation: String, _ path: String) -> SocketError {
        SocketError(operation, errno: Errno.current, subject: path)
    }
}
