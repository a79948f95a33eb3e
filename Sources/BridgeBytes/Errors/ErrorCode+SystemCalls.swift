internal import Glibc

extension ErrorCode {
    /// The kind of failure that an error number of the system stands for.
    package init(errno number: Int32) {
        self =
            switch number {
            case ECANCELED: .cancelled
            case ETIMEDOUT: .timeout
            case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: .disconnected
            case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN: .connectionFailed
            case EACCES, EPERM, EROFS: .permissionDenied
            case ENOENT: .fileNotFound
            case ENOSPC, EDQUOT: .storageFull
            case EMFILE, ENFILE: .limitExceeded
            case ENOMEM, ENOBUFS: .memoryExhausted
            default: .systemError
            }
    }
}
