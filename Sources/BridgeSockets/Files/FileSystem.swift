internal import BridgeBytes
internal import Glibc

/// Names of files and folders. All of these calls may block on a disk: run them in the
/// `BlockingPool`.
package struct FileSystem: Sendable {
    private let calls: SystemCalls

    /// - Parameter calls: What the system is asked with.
    package init(_ calls: SystemCalls = SystemCalls()) { self.calls = calls }

    /// Creates a folder for its owner only; one that exists is left as it is.
    package func makeDirectory(_ path: String) throws(SocketError) {
        let status = calls.once(.makeDirectory) { _ in unsafe mkdir(path, 0o700) }
        guard status == 0 || Errno.current == EEXIST else {
            throw failure("mkdir", path)
        }
    }

    /// Gives a file another name, in place of what had that name.
    ///
    /// Over a network the answer to a call can be lost, and the call be told as failed although
    /// it was done: so a file that has left its old name was renamed.
    package func rename(_ old: String, to new: String) throws(SocketError) {
        let status = calls.once(.rename) { _ in unsafe Glibc.rename(old, new) }
        guard status != 0 else { return }
        let error = failure("rename", new)
        guard error.errno != ENOENT, nameCount(of: old) == 0 else { throw error }
    }

    /// Gives a file that has one name a second one; fails with EEXIST when that name is taken.
    ///
    /// A file that has two names afterwards was given it, whatever was told (see `rename`).
    package func link(_ old: String, as new: String) throws(SocketError) {
        let status = calls.once(.link) { _ in unsafe Glibc.link(old, new) }
        guard status != 0 else { return }
        let error = failure("link", new)
        guard nameCount(of: old) == 2 else { throw error }
    }

    /// Takes a name away. Returns false when nobody has it. A name that is gone was taken away,
    /// whatever was told (see `rename`).
    package func remove(_ path: String) throws(SocketError) -> Bool {
        if calls.once(.unlink, 0, { _ in unsafe Glibc.unlink(path) }) == 0 { return true }
        let error = failure("unlink", path)
        if error.errno == ENOENT { return false }
        guard nameCount(of: path) == 0 else { throw error }
        return true
    }

    /// How many names the file of a name has; 0 when there is none, nil when nobody knows.
    private func nameCount(of path: String) -> Int? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return Errno.current == ENOENT ? 0 : nil }
        return Int(status.st_nlink)
    }

    /// Waits until the names in a folder are on the disk.
    package func synchronizeDirectory(_ path: String) throws(SocketError) {
        let number = calls.retried(.open) { _ in
            unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard number >= 0 else { throw failure("open", path) }
        defer { _ = Glibc.close(number) }
        let status = calls.retried(.synchronize) { _ in fsync(number) }
        guard status == 0 else { throw failure("fsync", path) }
    }

    /// The names in a folder, without `.` and `..`, in no order.
    package func names(in path: String) throws(SocketError) -> [String] {
        var opened: OpaquePointer?
        let status = calls.once(.list) { _ in
            unsafe opened = opendir(path)
            return unsafe opened == nil ? -1 : 0
        }
        guard status == 0, let folder = unsafe opened else { throw failure("opendir", path) }
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
    package func size(of path: String) -> Int? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return status.st_size
    }

    /// The bytes that an ordinary process may still write to the disk of a path.
    package func freeBytes(at path: String) throws(SocketError) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return free.overflow ? Int.max : Int(clamping: free.partialValue)
    }

    private func failure(_ operation: String, _ path: String) -> SocketError {
        SocketError(operation, errno: Errno.current, subject: path)
    }
}
