internal import BridgeSockets
internal import Glibc

/// Sockets that a service manager has opened for this process (systemd's socket activation): their
/// descriptors begin at 3, LISTEN_FDS says how many, LISTEN_PID for whom.
package enum ServiceSockets {
    private static let first: Int32 = 3

    /// The one socket that was handed over; nil where there is none.
    /// - Throws: `CommandFailure` with `usage` where there are several, or none that listens.
    package static func inherited() throws(CommandFailure) -> Int32? {
        guard let process = ProcessEnvironment.value("LISTEN_PID"), Int32(process) == getpid(),
            let text = ProcessEnvironment.value("LISTEN_FDS"), let count = Int(text), count > 0
        else { return nil }
        guard count == 1 else {
            throw .usage(
                "the service manager hands over \(count) sockets, and one is taken",
                hint: "name one address in the socket unit")
        }
        guard InheritedSocket.address(of: first) != nil else {
            throw .usage("descriptor \(first) of the service manager: \(InheritedSocket.complaint)")
        }
        return first
    }
}
