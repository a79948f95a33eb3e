internal import BridgeSockets
internal import Synchronization

/// A connected stream socket that `NATSClientOptions.dialer` made, for a client to use as its
/// connection. It may be of any family: TCP through a proxy, a Unix-domain socket, one end of a
/// socket pair.
public final class DialedSocket: Sendable {
    /// The descriptor; -1 when it has been taken.
    private let number: Atomic<Int32>

    /// Takes over a descriptor: whoever holds this object last closes it. The client makes it
    /// nonblocking.
    public init(owning descriptor: Int32) { number = Atomic(descriptor) }

    deinit { _ = take() }

    /// The descriptor, once.
    func take() -> Descriptor? {
        let taken = number.exchange(-1, ordering: .acquiringAndReleasing)
        return taken >= 0 ? Descriptor(owning: taken) : nil
    }
}
