internal import BridgeBytes
internal import BridgeConsole
internal import BridgeSockets
internal import Glibc

/// A directory of the demo's own, removed with all it holds when the demo ends.
///
/// The `unsafe` calls are sound: `mkdtemp` gets a null-terminated array to change in place, and
/// the others read a text that lives as long as the call.
struct ScratchDirectory: Sendable {
    let path: String
    /// Whether it lies in memory (`/dev/shm`) rather than on a disk.
    let inMemory: Bool

    /// Makes one with room for `bytes`: in memory when there is enough, else in `TMPDIR` or /tmp.
    static func make(room bytes: Int = 0) throws(CommandFailure) -> ScratchDirectory {
        if bytes > 0, let free = try? FileSystem().freeBytes(at: "/dev/shm"), free / 2 > bytes,
            let path = unique(in: "/dev/shm")
        {
            return ScratchDirectory(path: path, inMemory: true)
        }
        let base = ProcessEnvironment.value("TMPDIR") ?? "/tmp"
        guard let path = unique(in: base) else {
            throw CommandFailure(
                .other, code: .systemError, stage: "start", target: base,
                detail: "cannot make a directory there", hint: "set TMPDIR to a writable directory")
        }
        return ScratchDirectory(path: path, inMemory: false)
    }

    func remove() { Self.remove(path) }

    private static func unique(in base: String) -> String? {
        var template = Array("\(base)/natsbridge-demo-XXXXXX".utf8CString)
        return unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else {
                return nil
            }
            return unsafe String(cString: made)
        }
    }

    private static func remove(_ path: String) {
        for name in (try? FileSystem().names(in: path)) ?? [] {
            let child = "\(path)/\(name)"
            if unsafe unlink(child) != 0 { remove(child) }
        }
        _ = unsafe rmdir(path)
    }
}
