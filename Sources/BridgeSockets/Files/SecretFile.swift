package import BridgeBytes
internal import CLinux
internal import Glibc

/// A small file with a secret in it, read at once into memory that wipes itself.
package struct SecretFile: Sendable {
    /// At most one byte more than the limit, which tells that the file is too large.
    package let content: Secret
    /// Whether others than the file's owner may read it.
    package let isExposed: Bool

    /// Reads a plain file, through a symbolic link if there is one: whoever replaces it by renaming
    /// another one over it leaves either the old content or the new one. May block on a disk: run
    /// it in the `BlockingPool`.
    package init(reading path: String, limit: Int) throws(SocketError) {
        // Opening a pipe that nobody writes to must not take for ever.
        let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw Self.failure("open", path) }
        defer { _ = Glibc.close(number) }
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw Self.failure("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SocketError("open", errno: EINVAL, subject: path, detail: "it is no plain file")
        }
        isExposed = status.st_mode & (S_IRGRP | S_IROTH) != 0
        content = try Secret(capacity: limit + 1) {
            (memory: inout MutableSpan<UInt8>) throws(SocketError) -> Int in
            try Self.fill(&memory, from: number, path)
        }
    }

    private static func fill(
        _ memory: inout MutableSpan<UInt8>, from number: Int32, _ path: String
    ) throws(SocketError) -> Int {
        var done = 0
        while done < memory.count {
            let room = memory.count - done
            // Sound: `room` bytes of the memory lie behind `done`.
            let count = unsafe memory.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(number, buffer.baseAddress.map { unsafe $0 + done }, room)
            }
            if count < 0, Errno.current == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    private static func failure(_ operation: String, _ path: String) -> SocketError {
        SocketError(operation, errno: Errno.current, subject: path)
    }
}
