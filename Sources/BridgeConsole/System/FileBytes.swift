package import BridgeBytes
internal import Glibc

/// Whole files in and out, for the command line.
///
/// The `unsafe` calls are sound: reads and writes get a buffer with its own count, and paths are
/// strings that live as long as the call.
package enum FileBytes {
    /// Bytes asked for in one read when the size is unknown.
    private static let readSize = 1 << 20
    /// Largest file that is read into memory, in bytes; a longer one is a slip.
    private static let longestFile = 32 << 30
    /// Most bytes that are read from what has no size, such as a pipe; some devices never end.
    package static let longestStream = 2 << 30
    /// Most memory that is asked for before bytes have come, in bytes.
    private static let firstCapacity = 1 << 30

    /// Reads a file, or the standard input for `-`, into one piece of memory. What is no regular
    /// file may keep its bytes, or its end, for ever: a task that is cancelled does not wait for
    /// them.
    /// - Throws: `file_not_found`, `system_error`; `too_large` over 32 GiB, or over 2 GiB from
    ///   what has no size; `cancelled`.
    /// - Parameter longest: Most bytes of what has no size, such as a pipe.
    package static func read(
        _ path: String, longest: Int = Self.longestStream
    ) async throws(CommandFailure) -> Bytes {
        if path != "-", isRegular(path) != false { return try contents(of: path) }
        let place = path == "-" ? "standard input" : path
        return try await PatientCall.run("read", place) { () throws(CommandFailure) in
            path == "-"
                ? try read(descriptor: 0, path: place, expected: 0, longest)
                : try contents(of: path)
        }
    }

    /// Whether a path leads to a regular file; nil when it leads nowhere.
    package static func isRegular(_ path: String) -> Bool? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Reads a file at once, however long that takes.
    package static func contents(of path: String) throws(CommandFailure) -> Bytes {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("open", path) }
        return try read(descriptor: descriptor, path: path, expected: Int(status.st_size))
    }

    private static func read(
        descriptor: Int32, path: String, expected: Int, _ longestStream: Int = Self.longestStream
    ) throws(CommandFailure) -> Bytes {
        // One byte more than expected, so that the end shows without a second growth.
        var writer = ByteWriter(capacity: min(expected, firstCapacity) + 1)
        while true {
            var count = 0
            let wanted = writer.count < expected ? 1 : (expected > 0 ? 1 : readSize)
            unsafe writer.appendUnsafe(upTo: wanted) { spare in
                count = unsafe Glibc.read(descriptor, spare.baseAddress, spare.count)
                return max(count, 0)
            }
            if count == 0 { return writer.finish() }
            if count < 0, errno != EINTR { throw failure("read", path) }
            let longest = expected > 0 ? longestFile : longestStream
            guard writer.count <= longest else {
                throw CommandFailure(
                    .refused, code: .tooLarge, stage: "read", target: path,
                    detail: "it is larger than \(Figures.bytes(longest))",
                    hint: expected > 0 ? nil : "what has no size must be saved to a file first")
            }
        }
    }

    /// Whether anything has that name, be it a link that leads nowhere.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 || errno != ENOENT && errno != ENOTDIR
    }

    /// Writes a file so that it appears whole or not at all: into `PATH.partial`, then renamed.
    /// What is no regular file, such as a pipe or a device, is written into as it stands: a
    /// renamed file must never take its place. Such a one may have no reader for ever: a task that
    /// is cancelled does not wait for it.
    package static func write(_ bytes: Bytes, to path: String) async throws(CommandFailure) {
        if isRegular(path) == false {
            return try await PatientCall.run("write", path) { () throws(CommandFailure) in
                try writeInPlace(bytes, to: path)
            }
        }
        do throws(FileError) { try bytes.write(toFile: path) } catch { throw failure(error) }
    }

    private static func failure(_ error: FileError) -> CommandFailure {
        errno = error.number
        return failure(error.call == "open" ? "create" : "write", error.path)
    }

    /// Writes a file that was not there, whole or not at all.
    /// - Returns: False, and nothing done, when something has the name, be it since a moment ago.
    package static func writeNew(_ bytes: Bytes, to path: String) throws(CommandFailure) -> Bool {
        do throws(FileError) {
            try bytes.write(toFile: path, replacing: false)
            return true
        } catch {
            if error.number == EEXIST { return false }
            throw failure(error)
        }
    }

    private static func writeInPlace(_ bytes: Bytes, to path: String) throws(CommandFailure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard writeAll(bytes, to: descriptor) else { throw failure("write", path) }
    }

    /// Writes all bytes to a descriptor; false leaves the reason in `errno`.
    package static func writeAll(_ bytes: Bytes, to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno != EINTR {
                // Somebody who shares the descriptor has made it one that does not wait.
                guard errno == EAGAIN, waitUntilWritable(descriptor) else { return false }
            }
            done += max(count, 0)
        }
        return true
    }

    private static func waitUntilWritable(_ descriptor: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&wanted, 1, -1) > 0 || errno == EINTR
    }

    /// Makes a directory and those above it.
    package static func makeDirectory(_ path: String) throws(CommandFailure) {
        if isDirectory(path) { return }
        if unsafe mkdir(path, 0o777) == 0 { return }
        if errno == EEXIST, isDirectory(path) { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("create", path)
        }
        try makeDirectory(String(path[..<slash]))
        guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST && isDirectory(path) else {
            throw failure("create", path)
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        if status.st_mode & S_IFMT == S_IFDIR { return true }
        errno = EEXIST
        return false
    }

    package static func failure(
        _ stage: String, _ path: String, number: Int32 = errno
    ) -> CommandFailure {
        let reason = unsafe String(cString: strerror(number))
        let code: ErrorCode =
            switch number {
            case ENOENT: .fileNotFound
            case ENOSPC, EDQUOT: .storageFull
            default: .systemError
            }
        return CommandFailure(
            ExitCode.of(code), code: code, stage: stage, target: path, detail: reason.lowercased())
    }
}
