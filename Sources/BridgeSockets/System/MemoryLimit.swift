internal import CLinux
internal import Glibc

/// How much memory this process may have.
package enum MemoryLimit {
    /// That of the machine, or what a control group allows where that is less, in bytes; looked
    /// up once.
    package static let current = min(machine, group(of: file("/proc/self/cgroup") ?? "") ?? .max)

    private static var machine: Int {
        let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES))
            .multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
        return overflow || bytes <= 0 ? .max : bytes
    }

    /// The least that the control groups of a process, or those around them, allow; nil for no
    /// limit that can be read.
    /// - Parameters:
    ///   - groups: What `/proc/self/cgroup` says: `NUMBER:CONTROLLERS:PATH` in each line.
    ///   - read: The content of a file, or nil.
    package static func group(
        of groups: String, reading read: (String) -> String? = file
    ) -> Int? {
        var least: Int?
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let root: String
            let name: String
            if fields[0] == "0", fields[1].isEmpty {
                (root, name) = ("/sys/fs/cgroup", "memory.max")
            } else if fields[1].split(separator: ",").contains("memory") {
                (root, name) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                continue
            }
            // In a container the path may be that of the host, of which only the end is here.
            var path = fields[2].split(separator: "/")
            while true {
                let folder = ([root] + path.map(String.init)).joined(separator: "/")
                // "max" is no number, and so no limit.
                if let text = read("\(folder)/\(name)"),
                    let limit = Int(text.prefix { $0.isASCII && $0.isNumber }), limit > 0
                {
                    least = min(least ?? .max, limit)
                }
                if path.isEmpty { break }
                path.removeLast()
            }
        }
        return least
    }

    /// A small file of the system; nil when it cannot be read.
    package static func file(_ path: String) -> String? {
        let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        var room = [UInt8](repeating: 0, count: 8 << 10)
        let count = unsafe room.withUnsafeMutableBytes { buffer in
            unsafe Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
        }
        guard count >= 0 else { return nil }
        return String(decoding: room[..<count], as: UTF8.self)
    }
}
