public import BridgeBytes
internal import Glibc

/// A system call that failed: which one, why, and for which peer.
public struct SocketError: CodedError, Hashable {
    /// Name of the call or step, such as `connect`.
    public let operation: String
    /// The system's error number (`errno`); 0 where the failure is not the system's.
    public let errno: Int32
    /// What the call was about: an address or a path.
    public let subject: String
    /// A sentence for failures that have no error number, or for what to do about one.
    private let remark: String
    /// The failure of what stands over the socket, such as TLS, where it is not the system's.
    public let underlying: (any CodedError)?

    package init(_ operation: String, errno: Int32, subject: String = "", detail: String = "") {
        self.operation = operation
        self.errno = errno
        self.subject = subject
        remark = detail
        underlying = nil
    }

    /// What a transform of a link's failed with.
    package init(_ error: any CodedError) {
        operation = error.stageName
        errno = 0
        subject = error.place
        remark = error.detail
        underlying = error
    }

    private init(_ error: SocketError, about subject: String) {
        operation = error.operation
        errno = error.errno
        self.subject = subject
        remark = error.remark
        underlying = error.underlying
    }

    package func about(_ subject: String) -> SocketError { SocketError(self, about: subject) }

    /// The kind of failure that the error number stands for; a name or address that cannot be
    /// used, and so has no error number, is a connection that failed.
    public var code: ErrorCode {
        underlying?.code ?? (errno == 0 ? .connectionFailed : ErrorCode(errno: errno))
    }
    /// The call or step.
    public var stageName: String { operation }
    /// The address or path.
    public var place: String { subject }
    /// The system's words for the error number, and what else is known.
    public var detail: String {
        let words = errno == 0 ? "" : Errno.text(errno)
        return [words, remark].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    public static func == (left: SocketError, right: SocketError) -> Bool {
        left.operation == right.operation && left.errno == right.errno
            && left.subject == right.subject && left.remark == right.remark
            && left.code == right.code
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(operation)
        hasher.combine(errno)
        hasher.combine(subject)
        hasher.combine(remark)
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
    package static let invalid = EINVAL
    package static let timedOut = ETIMEDOUT
    package static let reset = ECONNRESET
    package static let brokenPipe = EPIPE
    package static let exists = EEXIST
    package static let notFound = ENOENT
    package static let noSpace = ENOSPC
    package static let canceled = ECANCELED
    package static let quotaExceeded = EDQUOT
    package static let notDirectory = ENOTDIR
    package static let outOfDescriptors = EMFILE
    package static let outOfSystemDescriptors = ENFILE
}
