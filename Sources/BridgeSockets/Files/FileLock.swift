internal import BridgeBytes
internal import Glibc

/// A file that one owner at a time holds, in this process or any other.
///
/// The system gives the lock back when the owner ends, however it ends. The file stays where it
/// is: removing it would let two owners hold two files of one name.
package final class FileLock: Sendable {
    private let descriptor: Descriptor
    private let path: String

    private init(_ descriptor: consuming Descriptor, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// A child that was just forked has the descriptor, too, until it runs its own program: closing
    /// ours would leave the lock with it for that long.
    deinit { _ = flock(descriptor.number, LOCK_UN) }

    /// Takes the lock, or fails at once (EBUSY) when somebody else has it. Creates the file if
    /// need be, and writes the number of this process into it. Blocks as opening a file does.
    package static func take(
        _ path: String, calls: SystemCalls = SystemCalls()
    ) throws(SocketError) -> FileLock {
        let number = calls.retried(.open) { _ in
            unsafe Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard number >= 0 else {
            throw SocketError("open", errno: Errno.current, subject: path)
        }
        let descriptor = Descriptor(owning: number)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            guard Errno.current == EWOULDBLOCK else {
                throw SocketError("flock", errno: Errno.current, subject: path)
            }
            throw SocketError("lock", errno: EBUSY, subject: path, detail: holder(number))
        }
        // For whoever looks, or is refused; a full disk is no reason to fail here.
        _ = ftruncate(number, 0)
        let text = Array("\(getpid())\n".utf8)
        unsafe _ = text.withUnsafeBytes { unsafe pwrite(number, $0.baseAddress, $0.count, 0) }
        return FileLock(descriptor, path)
    }

    private static func holder(_ number: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 16)
        let count = unsafe text.withUnsafeMutableBytes {
            unsafe pread(number, $0.baseAddress, $0.count, 0)
        }
        let digits = text.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
        let process = digits.isEmpty ? "" : " (process \(String(decoding: digits, as: UTF8.self)))"
        return "another server\(process) holds it"
    }

    /// Whether the file of that name is still the one that is held: nobody has removed or replaced
    /// it, or the folder around it.
    package var isInPlace: Bool {
        var (mine, there) = (stat(), stat())
        guard unsafe fstat(descriptor.number, &mine) == 0, unsafe lstat(path, &there) == 0 else {
            return false
        }
        return mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
    }
}
