internal import Glibc

extension Bytes {
    /// Writes a file that appears whole or not at all: into `PATH.partial`, which then gets the
    /// name. Where something has that first name already, be it a link or what an interrupted
    /// write has left, it is let alone, and another is taken (`PATH.2f0c….partial`).
    ///
    /// The data may be in the page cache only when it returns: a power failure can take it back.
    /// - Parameters:
    ///   - path: The file's name.
    ///   - replacing: Whether what has that name is replaced: a file, or a link itself rather than
    ///     what it leads to.
    /// - Throws: `FileError` with what the system says: `permissionDenied`, `fileNotFound` (no such
    ///   folder), `storageFull`, or `systemError`; that also when something has the name and is
    ///   not to be replaced. The file is as it was then.
    /// - Complexity: O(n). Blocks as writing to a file does.
    public func write(toFile path: String, replacing: Bool = true) throws(FileError) {
        let (partial, descriptor) = try Self.makePartial(of: path)
        do throws(FileError) {
            try write(to: descriptor, of: partial)
            let status = replacing ? unsafe rename(partial, path) : Self.place(partial, at: path)
            guard status == 0 else {
                throw FileError(call: "rename", number: errno, path: path)
            }
        } catch {
            _ = unsafe unlink(partial)
            throw error
        }
    }

    /// Gives a file a name that nothing has yet; `EEXIST` when something has it.
    private static func place(_ partial: String, at path: String) -> Int32 {
        if unsafe link(partial, path) != 0 {
            guard errno == EPERM || errno == ENOTSUP || errno == ENOSYS else { return -1 }
            // A file system without second names: the name is taken by an empty file first.
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { return -1 }
            close(descriptor)
            return unsafe rename(partial, path)
        }
        return unsafe unlink(partial)
    }

    /// Makes a file that was not there, for what is not whole yet.
    private static func makePartial(of path: String) throws(FileError) -> (String, Int32) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        var generator = SystemGenerator()
        let names = [path + ".partial", "\(path).\(UniqueID.hex128(using: &generator)).partial"]
        for name in names {
            let descriptor = unsafe open(name, flags, 0o666)
            if descriptor >= 0 { return (name, descriptor) }
            guard errno == EEXIST, name != names[1] else {
                throw FileError(call: "open", number: errno, path: name)
            }
        }
        // Sound: the second name ends the loop, either way.
        preconditionFailure("one of the names was tried last")
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
