internal import BridgeBytes
internal import BridgeSockets

/// Why the store did not do what it was asked; each has its status.
enum StoreError: Error, Sendable, Equatable {
    case missing
    /// Was there until that time, in milliseconds since 1970.
    case expired(Int64)
    /// The identifier is taken.
    case exists
    /// What the request demands of what is stored does not hold.
    case conditionFailed
    case wrongToken
    /// The upload was taken back before it was whole.
    case withdrawn
    /// Another request goes on with the upload.
    case superseded
    /// The upload has come another number of bytes far.
    case wrongOffset(Int)
    /// The disk is full.
    case full
    /// Somebody's share of the room is used up.
    case quota(QuotaScope)
    /// There are as many uploads as there may be at a time.
    case busy
    /// The bytes are not those whose digest the sender has stated.
    case wrongDigest
    /// The file is not one of ours, or is damaged.
    case damaged
    case system(SocketError)

    init(_ error: SocketError) {
        switch error.errno {
        case Errno.exists: self = .exists
        case Errno.notFound: self = .missing
        case Errno.noSpace, Errno.quotaExceeded: self = .full
        default: self = .system(error)
        }
    }
}
