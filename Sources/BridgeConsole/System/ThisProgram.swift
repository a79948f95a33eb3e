package import BridgeBytes
internal import BridgeSockets
internal import Glibc

/// What the system says of the running program: its own path, its terminals.
///
/// The `unsafe` calls are sound: the kernel and libc write at most the count that they are given,
/// and what they return is copied at once.
package enum ThisProgram {
    /// The path of this executable, for starting it again.
    package static var executablePath: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The first argument that is no UTF-8, counted from 1; nil: all are. What Swift makes of such
    /// a one are other bytes, and perhaps those of another argument.
    package static var unreadableArgument: Int? {
        let count = Int(CommandLine.argc)
        return (0..<count).dropFirst().first { index in
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { return false }
            return unsafe String(validatingCString: argument) == nil
        }
    }

    /// The time by this machine's clock.
    package static var now: Timestamp { WallClock.now }

    /// Whether a descriptor is a terminal.
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Whether a path names a file that can be executed.
    package static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }
}
