internal import BridgeBytes
internal import Glibc

/// A directory of the demo's own, removed with all it holds when the demo ends.
///
/// The `unsafe` calls are sound: `mkdtemp` gets a null-terminated array to change in place, and an
/// entry's name is copied before the next one is read.
struct ScratchDirectory: Sendable {
    let path: String
    /// Whether it lies in memory (`/dev/shm`) rather than on a disk.
    let inMemory: Bool

    /// Makes one with room for `bytes`: in memory when there is enough, else in `TMPDIR` or /tmp.
    static func make(room bytes: Int = 0) throws(CommandFailure) -> ScratchDirectory {
        if bytes > 0, freeBytes(in: "/dev/shm") > 2 * bytes,
            let path = unique(in: "/dev/shm")
        {
            return ScratchDirectory(path: path, inMemory: true)
        }
        let base = Environment.value("TMPDIR") ?? "/tmp"
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

    private static func freeBytes(in path: String) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return 0 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let child = "\(path)/\(name)"
            if unsafe unlink(child) != 0 { remove(child) }
        }
        _ = unsafe rmdir(path)
    }

    /// What a directory holds; nothing when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(
                    cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
