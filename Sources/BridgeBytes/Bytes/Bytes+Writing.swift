internal import Glibc

extension Bytes {
    /// Writes a file that appears whole or not at all: into `PATH.partial`, which then gets the
    /// name. A file of that name is replaced.
    ///
    /// The data may be in the page cache only when it returns: a power failure can take it back.
    /// - Throws: `FileError` with what the system says: `permissionDenied`, `fileNotFound` (no such
    ///   folder), `storageFull`, or `systemError`. The file is as it was then.
    /// - Complexity: O(n). Blocks as writing to a file does.
    public func write(toFile path: String) throws(FileError) {
        let partial = path + ".partial"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let descriptor = unsafe open(partial, flags, 0o666)
        guard descriptor >= 0 else { throw FileError(call: "open", number: errno, path: partial) }
        do throws(FileError) {
            try write(to: descriptor, of: partial)
            guard unsafe rename(partial, path) == 0 else {
                throw FileError(call: "rename", number: errno, path: path)
            }
        } catch {
            _ = unsafe unlink(partial)
            throw error
        }
    }

    /// Writes everything and closes: some file systems tell of a full disk no sooner.
    private func write(to descriptor: Int32, of path: String) throws(FileError) {
        do throws(FileError) { try writeAll(to: descriptor, of: path) } catch {
            close(descriptor)
            throw error
        }
        // An interrupted one has closed all the same.
        guard close(descriptor) == 0 || errno == EINTR else {
            throw FileError(call: "close", number: errno, path: path)
        }
    }

    private func writeAll(to descriptor: Int32, of path: String) throws(FileError) {
        var done = 0
        while done < count {
            // Sound: the system reads what the pointer covers during the call.
            let written = unsafe self[done...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard written >= 0 || errno == EINTR else {
                throw FileError(call: "write", number: errno, path: path)
            }
            done += Swift.max(written, 0)
        }
    }
}
