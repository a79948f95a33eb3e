internal import BridgeSockets
internal import Glibc

/// What a service manager is told (systemd's `sd_notify` protocol): a datagram of `NAME=VALUE`
/// lines to the socket that the variable NOTIFY_SOCKET names; nobody, where there is none.
///
/// The `unsafe` calls are sound: the kernel reads the address and the text, each with its own
/// count, before the calls return.
package enum ServiceNotice {
    /// Whether a service manager wants to be told.
    package static var hasListener: Bool { ProcessEnvironment.value("NOTIFY_SOCKET") != nil }

    /// The service takes what it is for.
    package static func ready(_ status: String) { send("READY=1\nSTATUS=\(line(status))") }

    /// The service ends: it takes nothing new.
    package static func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(line(status))") }

    /// A status is one line.
    private static func line(_ text: String) -> String { TerminalText.line(text, atMost: 200) }

    /// A manager that does not listen is no reason for a service to do anything else.
    private static func send(_ text: String) {
        guard let path = ProcessEnvironment.value("NOTIFY_SOCKET"), !path.isEmpty else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An @ stands for the zero byte of a socket that has no file.
        var name = Array(path.utf8)
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room, path.hasPrefix("/") || path.hasPrefix("@") else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in name.enumerated() { unsafe place[index] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }
}
