internal import Glibc

/// A system call that failed: which one, why, and for which peer.
public struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Name of the call or step, such as `connect`.
    public let operation: String
    /// The system's error number (`errno`); 0 where the failure is not the system's.
    public let errno: Int32
    /// What the call was about: an address or a path.
    public let subject: String
    /// A sentence for failures that have no error number.
    public let detail: String

    package init(_ operation: String, errno: Int32, subject: String = "", detail: String = "") {
        self.operation = operation
        self.errno = errno
        self.subject = subject
        self.detail = detail
    }

    package func about(_ subject: String) -> SocketError {
        SocketError(operation, errno: errno, subject: subject, detail: detail)
    }

    public var description: String {
        var text = operation
        if !subject.isEmpty { text += " " + subject }
        if errno != 0 { text += ": " + Errno.text(errno) }
        if !detail.isEmpty { text += ": " + detail }
        return text
    }
}

package enum Errno {
    /// The system's words for an error number.
    package static func text(_ number: Int32) -> String {
        // The XSI `strerror_r`: it fills the buffer, ended by a zero.
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else {
            return "error \(number)"
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }

    package static var current: Int32 { Glibc.errno }
    package static let connectionRefused = ECONNREFUSED
    package static let timedOut = ETIMEDOUT
    package static let reset = ECONNRESET
    package static let brokenPipe = EPIPE
    package static let exists = EEXIST
    package static let notFound = ENOENT
    package static let noSpace = ENOSPC
    package static let canceled = ECANCELED
    package static let quotaExceeded = EDQUOT
}
