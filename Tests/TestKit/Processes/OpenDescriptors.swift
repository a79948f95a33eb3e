import Glibc

/// The descriptors of this process that belong to one server, whatever else other tests hold open.
package enum OpenDescriptors {
    /// How many are files below a folder, or sockets with that port at either end.
    package static func count(below folder: String, port: Int) -> Int {
        names().count { number in
            let target = target(of: number)
            if target.hasPrefix("socket:") { return ports(of: number).contains(port) }
            return target.hasPrefix(folder)
        }
    }

    private static func names() -> [Int32] {
        guard let folder = unsafe opendir("/proc/self/fd") else { return [] }
        defer { unsafe closedir(folder) }
        var numbers: [Int32] = []
        while let entry = unsafe readdir(folder) {
            // Sound: the entry is valid until the next call, and its name ends with a zero.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { numbers.append(number) }
        }
        return numbers
    }

    private static func target(of number: Int32) -> String {
        var text = [CChar](repeating: 0, count: 1024)
        let count = unsafe readlink("/proc/self/fd/\(number)", &text, text.count)
        return String(decoding: text.prefix(max(0, count)).map(UInt8.init), as: UTF8.self)
    }

    private static func ports(of number: Int32) -> [Int] {
        [false, true].compactMap { isPeer in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            // Sound: a `sockaddr_in` may be written as a `sockaddr` of its own size.
            let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe isPeer
                        ? getpeername(number, $0, &size) : getsockname(number, $0, &size)
                }
            }
            guard status == 0, Int32(address.sin_family) == AF_INET else { return nil }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
