internal import Glibc

extension Link {
    /// The address of whoever is at the other end; nil when it has gone already.
    package var peerAddress: Address? {
        let (status, address) = unsafe Address.filled {
            unsafe getpeername(descriptorNumber, $0, $1)
        }
        return status == 0 ? address : nil
    }
}
